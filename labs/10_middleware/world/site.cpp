#include "world/site.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <future>

#include "lab/core/trace.hpp"

namespace lab10 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

void Site::arrow(std::string_view label, std::string_view from, std::string_view to,
                 lab::Where where) {
  if (!drawn_) return;
  const auto out = trace::flow_out(label, {.lane = from}, where);
  trace::flow_in(out, label, {.lane = to}, where);
}

void Site::draw(bool drawn, std::string_view heading) {
  drawn_ = drawn;
  if (drawn && !heading.empty()) trace::instant(heading, {.lane = "case"});
}

Site::Site(const Build& build, bool handles_rejections)
    : app_(options(handles_rejections)),
      server_([this](const auto& request, auto reply) { handle(request, reply); }),
      client_("127.0.0.1", server_.port()) {
  trace::actor("client", trace::Actor::client);
  build(app_, *this);
}

// Each call is an arrow to the right, and each return is one back.
AppOptions Site::options(bool handles_rejections) {
  return {.handles_rejections = handles_rejections,
          .on_enter =
              [this](const std::string& name, lab::Where decided) {
                if (!running_.empty()) arrow("next()", running_.back(), name, decided);
                if (running_.empty()) arrow("request", "client", name, decided);
                running_.push_back(sender_ = name);
              },
          .on_leave =
              [this](const std::string& name, lab::Where decided) {
                running_.pop_back();
                if (!running_.empty()) arrow("returns", name, running_.back(), decided);
              }};
}

void Site::handle(const lab::http::Request& request, lab::http::Server::Reply reply) {
  app_.handle(request, [this, reply](lab::http::Response response) {
    arrow(fmt::format("reply {}", response.status), sender_, "client");
    reply(std::move(response));
  });
}

void Site::note(std::string entry) {
  if (drawn_) {
    trace::instant(entry, {.lane = running_.empty() ? sender_ : running_.back()});
  }
  const std::lock_guard lock(mutex_);
  log_.push_back(std::move(entry));
  noted_.notify_all();
}

void Site::run_after(milliseconds delay, std::function<void()> call) {
  server_.run_after(delay, std::move(call));
}

// A rejection that nobody handles ends a Node process: here it ends the server.
Promise Site::reject_after(milliseconds delay, std::string message) {
  const Promise promise;
  run_after(delay, [this, promise, message] {
    if (promise.reject({message})) return;
    note("unhandled " + message);
    server_.refuse(true);
  });
  return promise;
}

Visit Site::visit(const std::string& request, lab::http::Headers headers,
                  milliseconds patience, const std::string& last_note) {
  log_.clear();
  const auto space = request.find(' ');
  const auto result = client_.request({.method = request.substr(0, space),
                                       .target = request.substr(space + 1),
                                       .headers = std::move(headers)},
                                      patience);
  std::promise<void> settled;  // whatever the server's thread is doing now is done
  run_after(0ms, [&] { settled.set_value(); });
  settled.get_future().wait();
  std::unique_lock lock(mutex_);
  noted_.wait_for(lock, 10s, [&] {
    return last_note.empty() || std::ranges::find(log_, last_note) != log_.end();
  });
  Visit visit{"no reply", fmt::format("{}", fmt::join(log_, " > "))};
  if (const auto* response = std::get_if<lab::http::Response>(&result)) {
    visit.headers = response->headers;
    visit.reply = fmt::format("{} {}", response->status, response->body);
    if (response->body.empty()) visit.reply.pop_back();
  } else if (std::get<lab::http::ClientError>(result).kind ==
             lab::http::ClientError::Kind::closed) {
    visit.reply = "empty reply";
  }
  return visit;
}

}  // namespace lab10
