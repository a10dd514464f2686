// parts.cpp: what a middleware gets, and what it may do with it.
#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// Step 6: four middleware and the one that replies. As a control that one is defined first, and
// then the others never see the request.
void build(App& app, Site& site, bool replies_first, Clock::duration& took) {
  const auto reply = [](Request& request, Response& response, Next) {
    const std::string user = request.locals["user"];
    for (const auto end = Clock::now() + 5ms; Clock::now() < end;) continue;
    response.send(user.empty() ? "undefined" : user);
  };
  if (replies_first) app.use("reply", reply);
  app.use("read", [&site](Request& request, Response&, Next next) {
    site.note(std::string(request.path()) + " from " + request.header("x-from"));
    next();
  });
  app.use("stamp", [](Request&, Response& response, Next next) {
    response.set("x-a", "1");
    next();
  });
  app.use("time", [&took](Request&, Response&, Next next) {
    const auto start = Clock::now();
    next();
    took = Clock::now() - start;
  });
  app.use("user", [](Request& request, Response&, Next next) {
    request.locals["user"] = "ann";
    next();
  });
  if (!replies_first) app.use("reply", reply);
}

std::string header(const Visit& visit, const std::string& name) {
  for (const auto& [key, value] : visit.headers) {
    if (key == name) return value;
  }
  return "none";
}

}  // namespace

void parts(Story& story, const Knobs&) {
  story.say(
      "Four middleware run before the one that replies. They read the request, set a "
      "header, start a clock and attach a user. Each should have an effect.");
  story.picture(lab::Picture::sequence,
                {"client", "read", "stamp", "time", "user", "reply"});
  Clock::duration took{}, control_took{};
  Site site([&](App& app, Site& self) { build(app, self, false, took); });
  site.draw(true, "four middleware, then the one that replies");
  const Visit visit = site.visit("GET /a", {{"X-From", "ann"}});
  Site reversed([&](App& app, Site& self) { build(app, self, true, control_took); });
  reversed.draw(true, "the one that replies stands first");
  const Visit control = reversed.visit("GET /a", {{"X-From", "ann"}});

  story.claim("10.1", visit.log == "/a from ann" && control.log.empty(),
              "the first middleware read the path and a header: {}. Control: defined "
              "after the one that replies, it read nothing",
              visit.log);
  story.claim("10.2", header(visit, "x-a") == "1" && header(control, "x-a") == "none",
              "the client received the header x-a: {}. Control: {}", header(visit, "x-a"),
              header(control, "x-a"));
  story.claim("10.4", took >= 5ms && control_took == 0ms,
              "a clock around next() measured {}. Control: defined after the one that "
              "replies, the clock never started",
              lab::text::time(took));
  story.claim("10.5", visit.reply == "200 ann" && control.reply == "200 undefined",
              "one middleware attached a user, and another read it: {}. Control: {}",
              visit.reply, control.reply);
  story.takeaway(
      "A middleware is an ordinary function of the request, the response and next.");
}

}  // namespace lab10
