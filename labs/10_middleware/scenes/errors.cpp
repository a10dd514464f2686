// errors.cpp: an error skips to the next error middleware behind it, if there is one.
#include "scenes/scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;

namespace {

enum class ErrorMiddleware { last, first, none };

void add_error_middleware(App& app, Site& site) {
  app.use("error", [&site](const Error& error, Request&, Response& response, Next) {
    site.note("caught " + error.message);
    response.status(500).send("sorry");
  });
}

// Step 8: the same route, with error middleware behind it, in front of it, or nowhere.
template <class F>
Visit play(const char* what, F route, ErrorMiddleware stands, bool express_5 = true) {
  Site site(
      [&](App& app, Site& self) {
        if (stands == ErrorMiddleware::first) add_error_middleware(app, self);
        app.get("route", "/",
                [&, route](Request&, Response&, Next next) { return route(self, next); });
        app.use("tail", [&self](Request&, Response&, Next next) {
          self.note("tail");
          next();
        });
        if (stands == ErrorMiddleware::last) add_error_middleware(app, self);
      },
      express_5);
  site.draw(true, what);
  return site.visit("GET /");
}

}  // namespace

void errors(Story& story, const Knobs&) {
  story.say(
      "A route fails in three ways. The error should skip the ordinary middleware `tail` "
      "and reach the error middleware, if that is defined after the route.");
  story.picture(lab::Picture::sequence, {"client", "route", "tail", "error"});
  const auto calls_next = [](Site&, Next next) { next(); };
  const auto throws = [](Site&, Next) { throw std::runtime_error("thrown"); };
  const auto passes = [](Site&, Next next) { next(Error{"passed"}); };
  const auto rejects = [](Site& site, Next) {
    return site.reject_after(1ms, "rejected");
  };
  using enum ErrorMiddleware;
  const Visit works = play("the route calls next()", calls_next, last);
  const Visit thrown = play("the route throws", throws, last);
  const Visit passed = play("the route calls next(error)", passes, last);
  const Visit rejected = play("an async route throws", rejects, last);
  const Visit ignored = play("the same in Express 4", rejects, last, false);
  const Visit too_early = play("the error middleware stands first", throws, first);
  const Visit nobody = play("no error middleware", throws, none);
  story.table({"Where the error goes",
               {"the route", "Express", "error middleware", "reply", "log"},
               {{"calls next()", "5", "last", works.reply, works.log},
                {"throws", "5", "last", thrown.reply, thrown.log},
                {"next(error)", "5", "last", passed.reply, passed.log},
                {"async, throws", "5", "last", rejected.reply, rejected.log},
                {"async, throws", "4", "last", ignored.reply, ignored.log},
                {"throws", "5", "first", too_early.reply, too_early.log},
                {"throws", "5", "none", nobody.reply, nobody.log}}});
  story.claim("10.8",
              thrown.log == "caught thrown" && passed.log == "caught passed" &&
                  rejected.log == "caught rejected" && works.log == "tail" &&
                  too_early.log.empty() && too_early.reply == nobody.reply &&
                  ignored.log == "unhandled rejected" && ignored.reply == "empty reply",
              "errors skipped the tail: {}, {}, {}. Control: without an error only the "
              "{} ran",
              thrown.log, passed.log, rejected.log, works.log);
  story.nuance(
      "10.8",
      "Express 5 passes an async rejection to next(error). Express 4 ignores it. Since "
      "Node 15 an unhandled rejection ends the process, so the client gets an {}.",
      ignored.reply);
  story.takeaway(
      "Define error middleware last. An error only moves forward, and skips everything "
      "that does not take four parameters.");
}

}  // namespace lab10
