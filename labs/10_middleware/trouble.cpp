// trouble.cpp: a layer that forgets, one that goes on twice, and those that fail.
#include <fmt/format.h>

#include <memory>

#include "chain.hpp"
#include "onion.hpp"
#include "scenes.hpp"
#include "watchdog.hpp"

namespace lab10 {

using namespace std::chrono_literals;

namespace {

// Who forgot, by the watchdog: it stands first, and a layer named "prices" is to blame.
Seen forget(bool keeps, bool leaks, milliseconds patience) {
  return Site(
             [=](App& app, Site& site) {
               const auto leaked = std::make_shared<std::vector<Next>>();
               app.use("watchdog",
                       watchdog([&site](auto delay,
                                        auto call) { site.run_after(delay, call); },
                                patience / 4,
                                [&site](const Waiting& waiting) {
                                  site.note("barks at " + waiting.layer);
                                }));
               app.use("session", [](Request&, Response&, Next next) { next(); });
               app.use("prices", [=](Request&, Response&, Next next) {
                 if (leaks) leaked->push_back(std::move(next));
               });
               app.use("reply", [](Request&, Response& response, Next) {
                 response.send("hello");
               });
             },
             {.keeps_forgotten = keeps})
      .visit("GET /", {}, patience,
             keeps || leaks ? "barks at prices" : "forgotten by prices");
}

}  // namespace

// Step 10: neither a reply nor next(). Nothing fails; the client waits.
void hang(Story& story, const Knob<milliseconds>& patience) {
  story.say("The layer `prices` neither replies nor calls next().");
  lab::Table table{"A forgotten request",
                   {"the app", "the layer", "the client gets", "seen by the server"},
                   {}};
  const auto row = [&](const char* app, const char* layer, bool keeps, bool leaks) {
    const Seen seen = forget(keeps, leaks, *patience);
    table.rows.push_back({app, layer, seen.reply, seen.log});
    return seen;
  };
  const Seen node = row("keeps it, as Node", "drops next", true, false);
  const Seen dropped = row("counts its owners", "drops next", false, false);
  const Seen leaked = row("counts its owners", "keeps next for ever", false, true);
  story.table(table);
  Site well(build_roads);
  const Seen control = well.visit("GET /order");
  story.claim(
      "10.7",
      "it may call the next layer; if it does not, and does not reply, the client waits",
      node.reply == "no reply" && node.log == "barks at prices" &&
          dropped.log == "forgotten by prices" && leaked.log == "barks at prices" &&
          control.reply == "200 hello ann",
      "{}, and the watchdog {}; with next(): {}", node.reply, node.log, control.reply);
  story.nuance("10.7",
               "Nothing in the framework ends this wait: only a time-out does, the "
               "client's or the server's. In C++ the last owner's destructor can tell at "
               "once, unless somebody keeps a Next for ever.");
}

namespace {

std::string twice_compiled() {
  std::string log;
  int replies = 0;
  const auto add = [&](const char* entry) {
    log += (log.empty() ? "" : " > ") + std::string(entry);
  };
  const Chain chain{[&](Request&, Response&, auto next) {
                      auto again = next;
                      add("T1");
                      std::move(next)();
                      return std::move(again)();
                    },
                    [&](Request&, Response& response, auto next) {
                      add("T2");
                      return ++replies == 1 ? response.send("once") : std::move(next)();
                    }};
  Request request({.target = "/twice"});
  Response response([](const auto&) {});
  try {
    chain(request, response);
  } catch (const HeadersSent& error) {
    add(error.what());
  }
  return log;
}

std::string twice_awaited() {
  std::string log;
  const auto add = [&](const std::string& entry) {
    log += (log.empty() ? "" : " > ") + entry;
  };
  Onion koa;
  koa.use([&](Request&, Response&, Onion::Go next) -> Task {
    add("T1");
    co_await next();
    co_await next();
  });
  koa.use([&](Request&, Response& response, Onion::Go) -> Task {
    add("T2");
    response.send("once");
    co_return;
  });
  Request request({.target = "/twice"});
  Response response([](const auto&) {});
  koa(request, response).on_failure([&](std::exception_ptr failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      add(error.what());
    }
  });
  return log;
}

}  // namespace

// Step 11: next() twice. What happens depends on who keeps the place.
void twice(Story& story) {
  Site site(build_roads);
  const Seen seen = site.visit("GET /twice");
  const Seen sent = site.visit("GET /first");
  const std::string again = twice_compiled(), refused = twice_awaited();
  story.table({"next() called twice, the layer below replies",
               {"chain", "the place is kept by", "log"},
               {{"App, as Express", "one cursor for the request", seen.log},
                {"Chain, as plain recursion", "each next()", again},
                {"Onion, as Koa", "each next(), and it is checked", refused}}});
  Site once([](App& app, Site& s) {
    app.use("T1", [&s](Request&, Response&, Next next) { s.note("T1"), next(); });
    app.use("T2", [&s](Request&, Response& response, Next) {
      s.note("T2"), response.send("once");
    });
    app.use("tail", [&s](Request&, Response&, Next next) { s.note("tail"), next(); });
  });
  const Seen control = once.visit("GET /");
  story.claim(
      "10.7", "called twice, it goes on past the reply, or runs the rest again",
      seen.log == "A-in > T1 > T2 > tail > A-out" &&
          again == "T1 > T2 > T2 > ERR_HTTP_HEADERS_SENT" &&
          refused == "T1 > T2 > next() called multiple times" && control.log == "T1 > T2",
      "one cursor: {}; one place each: {}; once: {}", seen.log, again, control.log);
  story.nuance(
      "10.7",
      "In Express the second next() does not run the same layers again: it goes on "
      "where the request's cursor stands, past the layer that replied. A second "
      "reply throws: {}",
      sent.log);
}

namespace {

enum class Stands { last, first, nowhere };

Seen fail(Stands stands, const char* road, bool takes_rejections, milliseconds patience) {
  return Site(
             [=](App& app, Site& site) {
               const auto error_layer = [&site](const Error& error, Request&,
                                                Response& response, Next) {
                 site.note("caught " + error.message);
                 response.status(500).send("sorry");
               };
               if (stands == Stands::first) app.use("error", error_layer);
               app.route("GET", "/throws", [](Request&, Response&, Next) {
                 throw std::runtime_error("thrown");
               });
               app.route("GET", "/passes",
                         [](Request&, Response&, Next next) { next(Error{"passed"}); });
               app.route("GET", "/rejects", [&site](Request&, Response&, Next) -> Task {
                 co_await site.pause(1ms);
                 throw std::runtime_error("rejected");
               });
               app.use("tail", [&site](Request&, Response&, Next next) {
                 site.note("tail"), next();
               });
               if (stands == Stands::last) app.use("error", error_layer);
             },
             {.takes_rejections = takes_rejections})
      .visit(road, {}, patience, takes_rejections ? "" : "UNHANDLED:rejected");
}

}  // namespace

// Step 12: an error passes over every layer but those that take errors.
void errors(Story& story, const Knob<milliseconds>& patience) {
  lab::Table table{"Where the error goes",
                   {"the layer", "rejections", "error at", "reply", "log"},
                   {}};
  const auto row = [&](const char* layer, const char* road, const char* rejections,
                       Stands stands) {
    constexpr const char* kStands[] = {"last", "first", "nowhere"};
    const bool taken = std::string_view(rejections) != "ignored (4)";
    const Seen seen = fail(stands, road, taken, taken ? milliseconds(10'000) : *patience);
    table.rows.push_back(
        {layer, rejections, kStands[static_cast<int>(stands)], seen.reply, seen.log});
    return seen;
  };
  const Seen thrown = row("throws", "GET /throws", "taken (5)", Stands::last);
  const Seen passed = row("next(error)", "GET /passes", "taken (5)", Stands::last);
  const Seen first = row("throws", "GET /throws", "taken (5)", Stands::first);
  const Seen nowhere = row("throws", "GET /throws", "taken (5)", Stands::nowhere);
  const Seen five = row("async, throws", "GET /rejects", "taken (5)", Stands::last);
  const Seen four = row("async, throws", "GET /rejects", "ignored (4)", Stands::last);
  story.table(table);
  story.claim("10.8", "an error skips to the next error layer below it",
              thrown.log == "caught thrown" && passed.log == "caught passed" &&
                  first.log.empty() && first.reply == "500" && nowhere.reply == "500" &&
                  five.log == "caught rejected" && four.reply == "no reply" &&
                  four.log == "UNHANDLED:rejected",
              "last: {}; first: never called; a rejection in Express 5: {}, in 4: {}, {}",
              thrown.log, five.reply, four.log, four.reply);
  story.nuance(
      "10.8",
      "Express 5 looks at the promise of an async layer and calls next(error). 4 "
      "does not: an unhandled rejection, which ends a process since Node 15, and a "
      "client that hangs. A callback's throw is caught by neither.");
}

}  // namespace lab10
