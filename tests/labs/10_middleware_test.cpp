// The rules of the chain, without a network: what a hundred line log in Express shows.
#include <gmock/gmock.h>

#include "app.hpp"
#include "chain.hpp"
#include "onion.hpp"
#include "watchdog.hpp"

namespace {

using namespace lab10;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Log = std::vector<std::string>;

// One request; the reply, if there was one.
std::optional<lab::http::Response> ask(App& app, std::string target,
                                       std::string method = "GET") {
  auto reply = std::make_shared<std::optional<lab::http::Response>>();
  app.handle({.method = std::move(method), .target = std::move(target)},
             [reply](lab::http::Response response) { *reply = std::move(response); });
  return *reply;
}

const auto kReply = [](Request&, Response& response, Next) { response.send("hello"); };

TEST(App, RunsLayersInOrderAndComesBackThroughThem) {
  Log log;
  App app;
  for (const char* name : {"A", "B"}) {
    app.use(name, [&log, name](Request&, Response&, Next next) {
      log.push_back(name + std::string("-in"));
      next();
      log.push_back(name + std::string("-out"));
    });
  }
  app.use("C", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
  EXPECT_THAT(log, ElementsAre("A-in", "B-in", "B-out", "A-out"));
}

TEST(App, WithoutAReplyIs404WithTheNameOfWhatWasAsked) {
  App app;
  const auto response = ask(app, "/<script>?a=1");
  EXPECT_EQ(response->status, 404);
  EXPECT_THAT(response->body, HasSubstr("Cannot GET /&lt;script&gt;<"));
}

TEST(App, MountsTakeAwayTheirPathAndGiveItBack) {
  Log log;
  App app;
  const auto note = [&log](Request& request, Response&, Next next) {
    log.emplace_back(request.path());
    next();
  };
  Router inner;
  inner.use("deep", "/deep", note);
  app.use("api", "/api", std::move(inner));
  app.use("again", "/api", note);
  app.use("after", note);
  ask(app, "/api/deep/er");
  ask(app, "/apis");
  EXPECT_THAT(log, ElementsAre("/er", "/deep/er", "/api/deep/er", "/apis"));
}

TEST(App, ARouteIsForItsMethodAndItsWholePathOnly) {
  App app;
  app.route("GET", "/a", kReply);
  EXPECT_EQ(ask(app, "/a")->status, 200);
  EXPECT_EQ(ask(app, "/A/")->status, 200);
  EXPECT_EQ(ask(app, "/a", "HEAD")->status, 200);
  EXPECT_EQ(ask(app, "/a", "POST")->status, 404);
  EXPECT_EQ(ask(app, "/a/b")->status, 404);
  EXPECT_EQ(ask(app, "/")->status, 404);
}

TEST(App, NextRouteSkipsTheRestOfThisRouteOnly) {
  Log log;
  App app;
  app.route(
      "GET", "/a", [](Request&, Response&, Next next) { next.route(); },
      [&](Request&, Response&, Next) { log.push_back("skipped"); });
  app.route("GET", "/a", kReply);
  EXPECT_EQ(ask(app, "/a")->body, "hello");
  EXPECT_THAT(log, IsEmpty());
}

TEST(App, NextRouteOutsideOfARouteIsNext) {
  App app;
  app.use("one", [](Request&, Response&, Next next) { next.route(); });
  app.use("two", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
}

TEST(App, ParamsAreThoseOfTheLayerThatRuns) {
  Log log;
  App app;
  const auto note = [&log](Request& request, Response&, Next next) {
    std::string names;
    for (const auto& [name, value] : request.params) names += name + "=" + value + " ";
    log.push_back(names);
    next();
  };
  app.route("GET", "/u/:id", note, note);
  app.route("GET", "/:what/:id", note);
  app.use("tail", note);
  ask(app, "/u/7");
  EXPECT_THAT(log, ElementsAre("id=7 ", "id=7 ", "id=7 what=u ", ""));
}

TEST(App, AnErrorPassesOverLayersAndRoutersToTheNextErrorLayer) {
  Log log;
  App app;
  app.use("early",
          [&](const Error&, Request&, Response&, Next) { log.push_back("early"); });
  app.use("throws", [](Request&, Response&, Next) { throw std::runtime_error("no"); });
  Router router;
  router.use("inner",
             [&](const Error&, Request&, Response&, Next) { log.push_back("inner"); });
  app.use("router", "/", std::move(router));
  app.use("plain", [&](Request&, Response&, Next) { log.push_back("plain"); });
  app.use("late", [&](const Error& error, Request&, Response&, Next next) {
    log.push_back(error.message);
    next(Error{"worse", 503});
  });
  EXPECT_EQ(ask(app, "/")->status, 503);
  EXPECT_THAT(log, ElementsAre("no"));
}

TEST(App, AnErrorLayerThatCallsNextWithoutAnErrorHasHealedIt) {
  App app;
  app.use("throws", [](Request&, Response&, Next) { throw 7; });
  app.use("heals", [](const Error&, Request&, Response&, Next next) { next(); });
  app.use("reply", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
}

TEST(App, ARejectionComesAfterTheLayersAboveHaveReturned) {
  Log log;
  App app;
  app.use("A", [&](Request&, Response&, Next next) {
    next();
    log.push_back("A-out");
  });
  app.use("B", [](Request&, Response&, Next) -> Task {
    throw std::runtime_error("rejected");
    co_return;
  });
  app.use("error", [&](const Error& error, Request&, Response& response, Next) {
    log.push_back(error.message);
    response.status(500).send("sorry");
  });
  EXPECT_EQ(ask(app, "/")->body, "sorry");
  EXPECT_THAT(log, ElementsAre("A-out", "rejected"));
}

TEST(App, ThatIgnoresRejectionsLeavesTheRequestOpen) {
  Log log;
  App app({.takes_rejections = false},
          {.on_unhandled = [&](const Error& error) { log.push_back(error.message); }});
  app.use("B", [](Request&, Response&, Next) -> Task {
    throw std::runtime_error("rejected");
    co_return;
  });
  EXPECT_FALSE(ask(app, "/"));
  EXPECT_THAT(log, ElementsAre("rejected"));
}

TEST(App, ALayerMayWaitAndReplyLater) {
  std::function<void()> resume;
  std::optional<std::string> body;
  App app;
  app.use("waits", [&](Request&, Response& response, Next) -> Task {
    co_await Pause([&](auto call) { resume = std::move(call); });
    response.send("late");
  });
  app.handle({}, [&](lab::http::Response response) { body = response.body; });
  EXPECT_FALSE(body);
  resume();
  EXPECT_EQ(body, "late");
}

TEST(App, ASecondNextGoesOnWhereTheCursorStandsAndIsSeen) {
  Log log;
  App app({},
          {.on_next_again = [&](std::string_view layer) { log.emplace_back(layer); }});
  app.use("twice", [](Request&, Response&, Next next) { next(), next(); });
  app.use("reply", kReply);
  app.use("tail", [&](Request&, Response&, Next next) { log.push_back("tail"), next(); });
  EXPECT_EQ(ask(app, "/")->body, "hello");
  EXPECT_THAT(log, ElementsAre("twice", "tail"));
}

TEST(App, ASecondReplyThrowsAndTheClientHasTheFirst) {
  Log log;
  App app({}, {.on_lost = [&](const Error& error) { log.push_back(error.message); }});
  app.use("first", [](Request&, Response& response, Next next) {
    response.send("first");
    next();
  });
  app.use("second", kReply);
  EXPECT_EQ(ask(app, "/")->body, "first");
  EXPECT_THAT(log, ElementsAre("ERR_HTTP_HEADERS_SENT"));
}

TEST(App, CountingOwnersItSeesAForgottenRequestAtOnce) {
  Log log;
  App app({.keeps_forgotten = false},
          {.on_forgotten = [&](std::string_view layer) { log.emplace_back(layer); }});
  app.use("first", [](Request&, Response&, Next next) { next(); });
  app.use("forgets", [](Request&, Response&, Next) {});
  EXPECT_EQ(ask(app, "/")->status, 500);
  EXPECT_THAT(log, ElementsAre("forgets"));
}

TEST(Watchdog, NamesTheLayerThatHasTheRequestAndIsQuietOnceItIsAnswered) {
  Log log;
  std::vector<std::function<void()>> timers;
  App app;
  app.use("watchdog",
          watchdog([&](auto, auto call) { timers.push_back(call); }, {},
                   [&](const Waiting& waiting) {
                     log.push_back(waiting.method + waiting.path + waiting.layer);
                   }));
  app.use("hangs", "/hang", [](Request&, Response&, Next) {});
  app.use("reply", kReply);
  ask(app, "/hang");
  ask(app, "/");
  for (const auto& timer : timers) timer();
  EXPECT_THAT(log, ElementsAre("GET/hanghangs"));
}

TEST(Path, ParametersAreOneSegmentDecoded) {
  const Path path("/u/:id/x", Path::Kind::whole);
  Path::Params params;
  EXPECT_TRUE(path.match("/u/a%20b/X/", params));
  EXPECT_EQ(params["id"], "a b");
  for (const char* other : {"/u//x", "/u/x", "/u/a/b/x", "u/a/x", "", "/u/a/x//"}) {
    EXPECT_FALSE(path.match(other, params)) << other;
  }
}

// What strangers send. The request is answered, and the layers see no more than they may.
TEST(Hostile, TargetsGetAnAnswerWhateverTheyAre) {
  App app;
  app.route("GET", "/u/:id", kReply);
  EXPECT_EQ(ask(app, "/u/%")->status, 400);
  EXPECT_EQ(ask(app, "/u/%4")->status, 400);
  EXPECT_EQ(ask(app, "/u/%zz")->status, 400);
  EXPECT_EQ(ask(app, "/u/%-1")->status, 400);
  EXPECT_EQ(ask(app, "/u/%2e%2e%2f")->status, 200);
  for (const char* target :
       {"", "*", "//u/1", "http://x/u/1", "?", "/u/1/", "\x80\xff"}) {
    EXPECT_TRUE(ask(app, target)) << target;
  }
  EXPECT_EQ(ask(app, "/u/" + std::string(100'000, 'a'))->status, 200);
  EXPECT_EQ(ask(app, std::string(100'000, '/'))->status, 404);
}

TEST(Hostile, AHeaderCannotStartAnotherOne) {
  App app;
  app.use("echo", [](Request& request, Response& response, Next next) {
    response.set("x-echo", std::string(request.path()) + "\r\nset-cookie: a=1");
    next();
  });
  const auto response = ask(app, "/");
  EXPECT_EQ(response->status, 500);
  EXPECT_THAT(response->headers, IsEmpty());
}

TEST(Hostile, AThousandLayersAreNotTooManyForTheStack) {
  App app;
  for (int i = 0; i < 1000; ++i) {
    app.use("layer", [](Request&, Response&, Next next) { next(); });
  }
  app.use("reply", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
}

struct Stamp {
  template <class N>
  Done operator()(Request&, Response& response, N next) const {
    response.set("x-a", "1");
    return std::move(next)();
  }
};
struct Forgets {
  template <class N>
  void operator()(Request&, Response&, N) const {}
};
static_assert(CompiledLayer<Stamp> && !CompiledLayer<Forgets>);
static_assert(!std::default_initializable<Done> || !std::is_aggregate_v<Done>);

TEST(Chain, RunsItsLayersInOrderAndAnswers404PastTheLast) {
  std::optional<lab::http::Response> reply;
  Request request({});
  Response response([&](lab::http::Response sent) { reply = std::move(sent); });
  Chain{Stamp{}, Stamp{}}(request, response);
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->headers.size(), 2u);
}

TEST(Onion, AwaitsWhatIsBelow) {
  Log log;
  std::function<void()> resume;
  Onion koa;
  koa.use([&](Request&, Response&, Onion::Go next) -> Task {
    log.push_back("A-in");
    co_await next();
    log.push_back("A-out");
  });
  koa.use([&](Request&, Response&, Onion::Go) -> Task {
    co_await Pause([&](auto call) { resume = std::move(call); });
    log.push_back("B");
  });
  Request request({});
  Response response([](auto) {});
  const Task task = koa(request, response);
  EXPECT_THAT(log, ElementsAre("A-in"));
  resume();
  EXPECT_THAT(log, ElementsAre("A-in", "B", "A-out"));
}

TEST(Onion, AnExceptionGoesUpThroughTheLayersThatWait) {
  Log log;
  Onion koa;
  koa.use([&](Request&, Response&, Onion::Go next) -> Task {
    try {
      co_await next();
    } catch (const std::exception& error) {
      log.push_back(error.what());
    }
  });
  koa.use([&](Request&, Response&, Onion::Go) -> Task {
    throw std::runtime_error("below");
    co_return;
  });
  Request request({});
  Response response([](auto) {});
  koa(request, response).on_failure([&](auto) { log.push_back("not caught"); });
  EXPECT_THAT(log, ElementsAre("below"));
}

TEST(Onion, ASecondNextFails) {
  bool failed = false;
  Onion koa;
  koa.use([](Request&, Response&, Onion::Go next) -> Task {
    co_await next();
    co_await next();
  });
  Request request({});
  Response response([](auto) {});
  koa(request, response).on_failure([&](auto) { failed = true; });
  EXPECT_TRUE(failed);
}

TEST(Task, DroppedWhileItWaitsFreesWhatItOwns) {
  const auto owned = std::make_shared<int>();
  std::function<void()> resume;
  const auto waits = [&](std::shared_ptr<int> kept) -> Task {
    co_await Pause([&](auto call) { resume = std::move(call); });
    kept.reset();
  };
  waits(owned).on_failure({});
  EXPECT_EQ(owned.use_count(), 2);
  resume = nullptr;
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
