// styles.cpp: the same chain, awaited as in Koa, and put together by the compiler.
#include <memory>

#include "chain.hpp"
#include "onion.hpp"
#include "scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;

namespace {

// A layer above, and one below that waits before it replies.
std::string express_log() {
  Site site([](App& app, Site& s) {
    app.use("A", [&s](Request&, Response&, Next next) {
      s.note("A-in");
      next();
      s.note("A-out");
    });
    app.use("B", [&s](Request&, Response& response, Next) -> Task {
      s.note("B-in");
      co_await s.pause(5ms);
      s.note("reply");
      response.send("hello");
    });
  });
  return site.visit("GET /").log;
}

std::string koa_log() {
  auto koa = std::make_shared<Onion>();
  Site site([koa](App& app, Site& s) {
    koa->use([&s](Request&, Response&, Onion::Go next) -> Task {
      s.note("A-in");
      co_await next();
      s.note("A-out");
    });
    koa->use([&s](Request&, Response& response, Onion::Go) -> Task {
      s.note("B-in");
      co_await s.pause(5ms);
      s.note("reply");
      response.send("hello");
    });
    app.use("koa", [koa](Request& request, Response& response, Next) -> Task {
      co_await (*koa)(request, response);
    });
  });
  return site.visit("GET /").log;
}

}  // namespace

// Step 13: "after next()" is after the call in Express, after the reply in Koa.
void onion(Story& story) {
  const std::string express = express_log(), koa = koa_log();
  story.table({"The layer below waits before it replies",
               {"next() is", "log"},
               {{"called (Express)", express}, {"awaited (Koa)", koa}}});
  story.claim(
      "10.8", "code after next() runs on the way back: once the layers below return",
      express == "A-in > B-in > A-out > reply" && koa == "A-in > B-in > reply > A-out",
      "called: {}; awaited: {}", express, koa);
  story.nuance("10.8",
               "A layer that times requests by the line after next() measures nothing in "
               "Express once a layer below waits: listen for 'finish' instead.");
}

namespace {

struct Replies {
  template <class N>
  Done operator()(Request&, Response& response, N) const {
    return response.send("hello");
  }
};
struct GoesOn {
  template <class N>
  Done operator()(Request&, Response&, N next) const {
    return std::move(next)();
  }
};
struct Forgets {
  template <class N>
  void operator()(Request&, Response&, N) const {}
};
static_assert(CompiledLayer<Replies> && CompiledLayer<GoesOn>);
static_assert(!CompiledLayer<Forgets>, "who neither replies nor goes on has no Done");

std::string app_log() {
  Site site([](App& app, Site& s) {
    app.use("A", [&s](Request& request, Response&, Next next) {
      s.note("A-in");
      request.locals["user"] = "ann";
      next();
      s.note("A-out");
    });
    app.use("goes on", [](Request&, Response&, Next next) { next(); });
    app.use("C", [&s](Request& request, Response& response, Next) {
      s.note("C:" + request.locals["user"]);
      response.send("hello");
    });
  });
  return site.visit("GET /order").log;
}

std::string compiled_log(const std::string& user) {
  std::string log;
  const auto note = [&](const std::string& entry) {
    log += (log.empty() ? "" : " > ") + entry;
  };
  const Chain chain{[&](Request& request, Response&, auto next) {
                      note("A-in");
                      if (!user.empty()) request.locals["user"] = user;
                      const Done done = std::move(next)();
                      note("A-out");
                      return done;
                    },
                    GoesOn{},
                    [&](Request& request, Response& response, auto) {
                      note("C:" + request.locals["user"]);
                      return response.send("hello");
                    }};
  Request request({.target = "/order"});
  Response response([](const auto&) {});
  chain(request, response);
  return log;
}

}  // namespace

// Step 14: the layer that forgets is an error of the compiler.
void compiled(Story& story) {
  const std::string app = app_log(), log = compiled_log("ann");
  story.table({"One chain, two ways to put it together",
               {"", "App", "Chain"},
               {{"layers are chosen", "while it runs", "by the compiler"},
                {"a layer may wait", "yes", "no"},
                {"one that forgets", "a hanging client", "does not compile"},
                {"next() twice", "goes on past the reply", "runs the rest again"},
                {"log", app, log}}});
  story.claim("10.3", "next is the following layer, here by its type",
              log == "A-in > C:ann > A-out" && log == app &&
                  compiled_log("") == "A-in > C: > A-out" && !CompiledLayer<Forgets>,
              "{}; a layer that neither replies nor goes on does not compile", log);
}

}  // namespace lab10
