// The rules of the chain, without a network.
#include "middleware.hpp"

#include <gmock/gmock.h>

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

TEST(App, RunsMiddlewareInOrderAndComesBackThroughIt) {
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

TEST(App, ErrorMiddlewareThatCallsNextWithoutAnErrorHasHealedIt) {
  App app;
  app.use("throws", [](Request&, Response&, Next) { throw 7; });
  app.use("heals", [](const Error&, Request&, Response&, Next next) { next(); });
  app.use("reply", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
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

TEST(Hostile, AThousandMiddlewareAreNotTooManyForTheStack) {
  App app;
  for (int i = 0; i < 1000; ++i) {
    app.use("calls next", [](Request&, Response&, Next next) { next(); });
  }
  app.use("reply", kReply);
  EXPECT_EQ(ask(app, "/")->body, "hello");
}

// What strangers send. The request is answered, and parameters are one segment of it.
TEST(Hostile, TargetsGetAReplyWhateverTheyAre) {
  App app;
  app.get("user", "/u/:id", kReply);
  for (const char* target : {"", "*", "//u/1", "http://x/u/1", "?", "\x80\xff", "u/1"})
    EXPECT_EQ(ask(app, target)->status, 404) << target;
  EXPECT_EQ(ask(app, "/u/%zz")->status, 400);
  EXPECT_EQ(ask(app, "/u/" + std::string(100'000, 'a'))->status, 200);
  EXPECT_EQ(ask(app, std::string(100'000, '/'))->status, 404);
}

TEST(App, RepliesWith404WhenNobodyElseDoes) {
  App app;
  app.use("passes", [](Request&, Response&, Next next) { next(); });
  EXPECT_EQ(ask(app, "/none")->status, 404);
}

TEST(App, ARouteIsForGetAndItsWholePathOnly) {
  App app;
  app.get("a", "/a", kReply);
  EXPECT_EQ(ask(app, "/a")->status, 200);
  EXPECT_EQ(ask(app, "/a/")->status, 200);
  EXPECT_EQ(ask(app, "/a?b=1")->status, 200);
  EXPECT_EQ(ask(app, "/a#b")->status, 200);
  EXPECT_EQ(ask(app, "/a", "HEAD")->status, 200);
  EXPECT_EQ(ask(app, "/a", "POST")->status, 404);
  EXPECT_EQ(ask(app, "/a/b")->status, 404);
  EXPECT_EQ(ask(app, "/ab")->status, 404);
  EXPECT_EQ(ask(app, "/")->status, 404);
}

TEST(App, MiddlewareWithAPathIsForAllBelowItButNotBesideIt) {
  Log log;
  App app;
  app.use("api", "/api", [&log](Request& request, Response&, Next next) {
    log.emplace_back(request.path());
    next();
  });
  for (const char* target : {"/api", "/api/deep", "/apis", "/"}) ask(app, target);
  EXPECT_THAT(log, ElementsAre("/api", "/api/deep"));
}

TEST(App, ParametersAreThoseOfTheMiddlewareThatRuns) {
  Log log;
  App app;
  const auto note = [&log](Request& request, Response&, Next next) {
    std::string names;
    for (const auto& [name, value] : request.params) names += name + "=" + value + " ";
    log.push_back(names);
    next();
  };
  app.get("id", "/u/:id", note);
  app.get("both", "/:what/:id", note);
  app.use("tail", note);
  ask(app, "/u/7");
  ask(app, "/u//7");
  EXPECT_THAT(log, ElementsAre("id=7 ", "id=7 what=u ", "", ""));
}

TEST(App, AnErrorSkipsToTheNextErrorMiddlewareBehindIt) {
  Log log;
  App app;
  app.use("early",
          [&](const Error&, Request&, Response&, Next) { log.push_back("early"); });
  app.use("throws", [](Request&, Response&, Next) { throw std::runtime_error("no"); });
  app.use("plain", [&](Request&, Response&, Next) { log.push_back("plain"); });
  app.use("late", [&](const Error& error, Request&, Response&, Next next) {
    log.push_back(error.message);
    next(Error{"worse", 503});
  });
  EXPECT_EQ(ask(app, "/")->status, 503);
  EXPECT_THAT(log, ElementsAre("no"));
}

TEST(App, ErrorMiddlewareInARouteIsForNobody) {
  App app;
  app.use("throws", [](Request&, Response&, Next) { throw 7; });
  app.get("error", "/", [](const Error&, Request&, Response& response, Next) {
    response.send("healed");
  });
  app.get("route", "/", kReply);
  EXPECT_EQ(ask(app, "/")->status, 500);
}

TEST(App, RepliesWithTheErrorsStatusOrTheResponsesOr500) {
  const auto status_of = [](int set, Error error) {
    App app;
    app.use("fails", [=](Request&, Response& response, Next next) {
      response.status(set);
      next(error);
    });
    return ask(app, "/")->status;
  };
  for (const int own : {400, 418, 599}) EXPECT_EQ(status_of(403, {"", own}), own);
  for (const int none : {-1, 0, 200, 399, 600, 999}) {
    EXPECT_EQ(status_of(200, {"", none}), 500) << none;
    EXPECT_EQ(status_of(403, {"", none}), 403) << none;
  }
  EXPECT_EQ(status_of(404, {"it has none of its own"}), 404);
  EXPECT_EQ(status_of(600, {"nor has the response"}), 500);
}

TEST(App, AThrownErrorKeepsItsStatus) {
  App app;
  app.use("throws", [](Request&, Response&, Next) { throw Error{"gone", 410}; });
  EXPECT_EQ(ask(app, "/")->status, 410);
}

TEST(App, AStatusThatIsNoneIsAnErrorOfTheMiddlewareThatSetsIt) {
  for (const int status : {-1, 0, 99, 1000}) {
    Log log;
    App app;
    app.use("sets", [=](Request&, Response& response, Next) {
      response.status(status).send("");
    });
    app.use("error", [&](const Error& error, Request&, Response& response, Next) {
      log.push_back(error.message);
      response.send("sorry");
    });
    EXPECT_EQ(ask(app, "/")->body, "sorry");
    EXPECT_THAT(log, ElementsAre(HasSubstr("Invalid status code")));
  }
  for (const int status : {100, 999}) {
    App app;
    app.use("sets", [=](Request&, Response& response, Next) {
      response.status(status).send("");
    });
    EXPECT_EQ(ask(app, "/")->status, status);
  }
}

// Wherever the path matches: whatever the method, and whatever stands there.
TEST(App, AParameterThatCannotBeDecodedIsAnErrorWith400) {
  Log log;
  App app;
  app.get("route", "/a/:id", kReply);
  app.use("below", "/b/:id", kReply);
  app.use("error", "/c/:id",
          [](const Error&, Request&, Response&, Next next) { next(); });
  app.use("plain", [&](Request&, Response& response, Next) { response.send("plain"); });
  app.use("error", [&](const Error& error, Request&, Response&, Next next) {
    log.push_back(error.message);
    next(error);
  });
  for (const char* target : {"/a/%zz", "/b/%zz/c", "/c/%zz"}) {
    EXPECT_EQ(ask(app, target)->status, 400) << target;
    EXPECT_EQ(ask(app, target, "POST")->status, 400) << target;
  }
  EXPECT_EQ(log, Log(6, "Failed to decode param '%zz'"));
  EXPECT_EQ(ask(app, "/d/%zz")->body, "plain");
}

TEST(App, AnErrorOnItsWayIsNotReplacedByAPathThatCannotBeDecoded) {
  App app;
  app.use("fails", [](Request&, Response&, Next next) { next({"first", 503}); });
  app.use("id", "/:id", kReply);
  EXPECT_EQ(ask(app, "/%zz")->status, 503);
}

TEST(App, AReplyAfterNextIsInTimeIfNobodyElseHasReplied) {
  App app;
  app.use("late", [](Request&, Response& response, Next next) {
    next();
    response.send("late");
  });
  app.use("passes", [](Request&, Response&, Next next) { next(); });
  EXPECT_EQ(ask(app, "/")->body, "late");
}

TEST(App, ASecondNextPastTheEndDoesNotReplyAgain) {
  int replies = 0;
  App app;
  app.use("twice", [](Request&, Response&, Next next) {
    next();
    next({"and an error"});
  });
  app.handle({}, [&](const lab::http::Response& response) {
    ++replies;
    EXPECT_EQ(response.status, 404);
  });
  EXPECT_EQ(replies, 1);
}

TEST(App, AnErrorMiddlewareMayBeAsyncAndFailIntoTheNextOne) {
  Promise promise;
  const Error* kept = nullptr;
  App app;
  app.use("throws", [](Request&, Response&, Next) { throw Error{"first", 409}; });
  app.use("async", [&](const Error& error, Request&, Response&, Next) {
    kept = &error;
    return promise;
  });
  app.use("plain", kReply);
  app.use("error", [&](const Error& error, Request&, Response& response, Next) {
    response.send(kept->message + ", then " + error.message);
  });
  std::string body;
  app.handle({}, [&](const lab::http::Response& response) { body = response.body; });
  EXPECT_EQ(body, "");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->status, 409);  // as long as the request lives
  EXPECT_TRUE(promise.reject({"second"}));
  EXPECT_EQ(body, "first, then second");
}

TEST(App, ThatIgnoresRejectionsIgnoresThoseOfErrorMiddlewareToo) {
  Promise promise;
  App app({.handles_rejections = false});
  app.use("throws", [](Request&, Response&, Next) { throw 7; });
  app.use("async", [&](const Error&, Request&, Response&, Next) { return promise; });
  EXPECT_FALSE(ask(app, "/"));
  EXPECT_FALSE(promise.reject({"rejected"}));
}

TEST(App, PassesARejectionToTheErrorMiddleware) {
  Promise promise;
  App app;
  app.use("async", [&](Request&, Response&, Next) { return promise; });
  app.use("error", [](const Error& error, Request&, Response& response, Next) {
    response.status(500).send(error.message);
  });
  std::string body;
  app.handle({}, [&](lab::http::Response response) { body = response.body; });
  EXPECT_EQ(body, "");
  EXPECT_TRUE(promise.reject({"late"}));
  EXPECT_EQ(body, "late");
}

TEST(App, ThatIgnoresRejectionsLeavesThemUnhandledAndTheRequestOpen) {
  Promise promise;
  App app({.handles_rejections = false});
  app.use("async", [&](Request&, Response&, Next) { return promise; });
  EXPECT_FALSE(ask(app, "/"));
  EXPECT_FALSE(promise.reject({"rejected"}));
}

TEST(App, MiddlewareMayKeepNextAndReplyLater) {
  std::function<void()> resume;
  std::string body;
  App app;
  app.use("waits", [&](Request&, Response&, Next next) { resume = next; });
  app.use("reply", kReply);
  app.handle({}, [&](lab::http::Response response) { body = response.body; });
  EXPECT_EQ(body, "");
  resume();
  EXPECT_EQ(body, "hello");
}

TEST(App, ASecondNextContinuesWhereTheCursorStands) {
  Log log;
  App app;
  app.use("twice", [](Request&, Response&, Next next) { next(), next(); });
  app.use("reply", kReply);
  app.use("tail", [&](Request&, Response&, Next next) { log.push_back("tail"), next(); });
  EXPECT_EQ(ask(app, "/")->body, "hello");
  EXPECT_THAT(log, ElementsAre("tail"));
}

TEST(App, AReplyEndsItsRequest) {
  const auto alive = std::make_shared<int>();
  App app;
  app.use("reply", [](Request&, Response& response, Next) { response.send("hello"); });
  app.handle({}, [alive](const lab::http::Response&) {});
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Exchange, ReadsAHeaderByAnyCaseAndAnAbsentOneAsNothing) {
  const Request request({.headers = {{"X-From", "ann"}, {"X-From", "bob"}}});
  EXPECT_EQ(request.header("x-FROM"), "ann");
  EXPECT_EQ(request.header("x"), "");
}

TEST(App, ASecondReplyThrowsAndTheClientHasTheFirst) {
  Log log;
  App app;
  app.use("first", [](Request&, Response& response, Next next) {
    response.send("first");
    next();
  });
  app.use("second", kReply);
  app.use("error", [&](const Error& error, Request&, Response&, Next) {
    log.push_back(error.message);
  });
  EXPECT_EQ(ask(app, "/")->body, "first");
  EXPECT_THAT(log, ElementsAre("ERR_HTTP_HEADERS_SENT"));
}

TEST(App, TellsItsObserversWhoWasEnteredAndWhere) {
  Log log;
  App app({.on_enter =
               [&](const std::string& name, lab::Where decided) {
                 log.push_back("in " + name);
                 EXPECT_THAT(decided.file, HasSubstr("middleware.cpp"));
               },
           .on_leave = [&](const std::string& name,
                           lab::Where) { log.push_back("out " + name); }});
  app.use("A", [&](Request&, Response&, Next next) {
    next();
    EXPECT_EQ(next.entered_last(), "B");
  });
  app.use("B", kReply);
  ask(app, "/");
  EXPECT_THAT(log, ElementsAre("in A", "in B", "out B", "out A"));
}

}  // namespace
