#include "site.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <future>

namespace lab10 {

using namespace std::chrono_literals;

Site::Site(const Build& build, AppOptions options)
    : app_(options, observers()),
      server_([this](const auto& request, auto reply) {
        app_.handle(request, std::move(reply));
      }),
      client_("127.0.0.1", server_.port()) {
  build(app_, *this);
}

// The layers as nested spans, and what can only be seen from outside as notes.
Observers Site::observers() {
  return {
      .on_enter =
          [this](std::string_view layer, const Request&) {
            spans_.push_back(lab::trace::Span(layer, {.lane = "layers"}));
          },
      .on_leave = [this](std::string_view, const Request&) { spans_.pop_back(); },
      .on_next_again =
          [](std::string_view layer) {
            lab::trace::instant("next() again",
                                {.lane = "layers", .args = {{"layer", layer}}});
          },
      .on_forgotten =
          [this](std::string_view layer) { note("forgotten by " + std::string(layer)); },
      .on_unhandled = [this](const Error& error) { note("UNHANDLED:" + error.message); },
      .on_lost = [this](const Error& error) { note("LOST:" + error.message); }};
}

void Site::note(std::string entry) {
  lab::trace::instant(entry, {.lane = "log"});
  const std::lock_guard lock(mutex_);
  log_.push_back(std::move(entry));
  noted_.notify_all();
}

void Site::run_after(milliseconds delay, std::function<void()> call) {
  server_.run_after(delay, std::move(call));
}

Pause Site::pause(milliseconds delay) {
  return Pause([this, delay](std::function<void()> resume) { run_after(delay, resume); });
}

void Site::settle() {
  std::promise<void> done;
  server_.run_after(0ms, [&] { done.set_value(); });
  done.get_future().wait();
}

// On a busy machine the server may come to a request when its client has given up.
void Site::await(std::string_view entry) {
  std::unique_lock lock(mutex_);
  noted_.wait_for(lock, 10s,
                  [&] { return std::ranges::find(log_, entry) != log_.end(); });
}

std::string Site::log() const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}", fmt::join(log_, " > "));
}

Seen Site::visit(const std::string& request, lab::http::Headers headers,
                 milliseconds patience, std::string_view awaited) {
  {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }
  lab::trace::instant(request, {.lane = "client"});
  const auto space = request.find(' ');
  const auto result = client_.request({.method = request.substr(0, space),
                                       .target = request.substr(space + 1),
                                       .headers = std::move(headers)},
                                      patience);
  if (!awaited.empty()) await(awaited);
  settle();
  const auto* response = std::get_if<lab::http::Response>(&result);
  if (!response) return {"no reply", log()};
  const bool own = response->content_type.starts_with("text/html");
  std::string reply = std::to_string(response->status);
  if (!own && !response->body.empty()) reply += " " + response->body;
  lab::trace::instant(reply, {.lane = "client"});
  return {reply, log(), response->headers};
}

void build_roads(App& app, Site& site) {
  const auto log = [&site](std::string entry) { site.note(std::move(entry)); };
  app.use("A", [=](Request& request, Response& response, Next next) {
    log("A-in");
    response.set("x-a", "1");
    request.locals["user"] = "ann";
    next();
    log("A-out");
  });
  app.route(
      "GET", "/order", [=](Request&, Response&, Next next) { log("B"), next(); },
      [=](Request& request, Response& response, Next) {
        log("C:" + request.locals["user"]);
        response.send("hello " + request.locals["user"]);
      });
  app.route("GET", "/stop", [=](Request&, Response& response, Next) {
    log("stop");
    response.send("done");
  });
  app.route("GET", "/stop", [=](Request&, Response&, Next) { log("NEVER"); });
  app.use("scoped", "/scoped", [=](Request& request, Response&, Next next) {
    log("scoped:" + std::string(request.path()));
    next();
  });
  Router users;
  users.route("GET", "/:name", [=](Request& request, Response& response, Next) {
    log("name:" + request.params["name"]);
    response.send(request.params["name"]);
  });
  app.use("users", "/users", std::move(users));
  app.route("GET", "/u/:id", [=](Request& request, Response&, Next next) {
    log("param:" + request.params["id"]);
    next();
  });
  app.route("GET", "/u/me", [=](Request&, Response& response, Next) {
    log("me");
    response.send("me");
  });
  app.route(
      "GET", "/route", [=](Request&, Response&, Next next) { log("R1"), next.route(); },
      [=](Request&, Response&, Next) { log("NEVER"); });
  app.route("GET", "/route", [=](Request&, Response& response, Next) {
    log("R2");
    response.send("second route");
  });
  app.route("GET", "/sync", [=](Request&, Response&, Next) {
    log("sync");
    throw std::runtime_error("thrown");
  });
  app.route("GET", "/async", [=](Request&, Response&, Next) -> Task {
    log("async");
    throw std::runtime_error("rejected");
    co_return;
  });
  app.route("GET", "/late", [=, &site](Request&, Response&, Next) -> Task {
    log("late");
    co_await site.pause(5ms);
    throw std::runtime_error("rejected");
  });
  app.route(
      "GET", "/handled",
      [=](Request&, Response&, Next next) { log("H"), next(Error{"own"}); },
      [=](const Error& error, Request&, Response&, Next next) {
        log("own:" + error.message);
        next();
      },
      [=](Request&, Response& response, Next) {
        log("well");
        response.send("well again");
      });
  app.route(
      "GET", "/twice", [=](Request&, Response&, Next next) { log("T1"), next(), next(); },
      [=](Request&, Response& response, Next) {
        log("T2");
        response.send("once");
      });
  app.route(
      "GET", "/first",
      [=](Request&, Response& response, Next next) {
        log("F1");
        response.send("first");
        next();
      },
      [=](Request&, Response& response, Next) {
        log("F2");
        response.send("again");
      });
  app.route("GET", "/hang", [=](Request&, Response&, Next) { log("hang"); });
  app.use("tail", [=](Request&, Response&, Next next) { log("tail"), next(); });
  app.use("error", [=](const Error& error, Request&, Response& response, Next) {
    log("error:" + error.message);
    if (!response.sent()) response.status(error.status).send("sorry");
  });
}

}  // namespace lab10
