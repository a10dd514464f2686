// choices.cpp: a middleware replies, or calls next(), or neither, or calls it twice.
#include "scenes/scenes.hpp"

namespace lab10 {

namespace {

// Step 7: comes first. If a request is still unanswered after `limit`, it logs who has it.
Handler watchdog(Site& site, milliseconds limit) {
  return [&site, limit](Request&, Response& response, Next next) {
    site.run_after(limit, [&site, &response, next] {
      if (!response.sent()) site.note("watchdog: " + next.entered_last() + " has it");
    });
    next();
  };
}

// Middleware A calls next() this often, and replies if it is told to.
Visit play(const char* what, bool replies, int next_calls, milliseconds patience) {
  Site site([=](App& app, Site& self) {
    app.use("watchdog", watchdog(self, patience / 4));
    app.use("A", [=, &self](Request&, Response& response, Next next) {
      self.note("A");
      if (replies) response.send("done");
      for (int i = 0; i < next_calls; ++i) next();
    });
    app.use("B", [&self](Request&, Response& response, Next) {
      self.note("B");
      response.send("done");
    });
    app.use("C", [&self](Request&, Response&, Next) { self.note("C"); });
  });
  site.draw(true, what);
  return replies || next_calls > 0
             ? site.visit("GET /")
             : site.visit("GET /", {}, patience, "watchdog: A has it");
}

}  // namespace

void choices(Story& story, const Knobs& knobs) {
  story.say(
      "Middleware A replies, calls next(), does neither, or calls next() twice. If it "
      "does neither, nothing fails, but the client should get no reply.");
  story.picture(lab::Picture::sequence, {"client", "watchdog", "A", "B", "C"});
  const Visit replied = play("A replies", true, 0, *knobs.patience);
  const Visit called = play("A calls next()", false, 1, *knobs.patience);
  const Visit forgot = play("A does neither", false, 0, *knobs.patience);
  const Visit twice = play("A calls next() twice", false, 2, *knobs.patience);
  story.table({"What A does, followed by B, which replies, and C",
               {"A", "reply", "log"},
               {{"replies", replied.reply, replied.log},
                {"calls next()", called.reply, called.log},
                {"does neither", forgot.reply, forgot.log},
                {"calls next() twice", twice.reply, twice.log}}});
  story.claim("10.6",
              replied.log == "A" && replied.reply == "200 done" && called.log == "A > B",
              "after A's reply no later middleware ran. Control: when A called next() "
              "instead, B ran as well: {}",
              called.log);
  story.claim("10.7",
              forgot.reply == "no reply" && forgot.log == "A > watchdog: A has it" &&
                  called.reply == "200 done" && twice.log == "A > B > C",
              "the client got {}, and the watchdog logged that A has the request. "
              "Control: with one next() the client got {}, and with two the log was {}",
              forgot.reply, called.reply, twice.log);
  story.nuance("10.7",
               "A second next() does not run the same middleware again. Express keeps "
               "one position for each request and continues from there, past the "
               "middleware that replied.");
  story.takeaway(
      "Every middleware must either reply or call next(), exactly once. The framework "
      "does not notice if it forgets.");
}

}  // namespace lab10
