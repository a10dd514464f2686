// live.cpp: one visitor after another, through as many layers as you like.
#include <fmt/format.h>

#include <thread>

#include "lab/program.hpp"
#include "scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;

namespace {

enum Guest { known, unknown, broken };

void build(App& app, Site& site, const Knob<int>& layers, const Knob<int>& guest) {
  for (int i = 1; i <= 50; ++i) {
    app.use(fmt::format("layer {}", i), [=](Request&, Response&, Next next) { next(); });
    if (i == *layers) break;
  }
  app.use("who", [=](Request& request, Response& response, Next next) {
    if (*guest == broken) throw std::runtime_error("no such table");
    if (*guest == unknown) {
      response.status(401).send("who are you?");
      return;
    }
    request.locals["user"] = "ann";
    next();
  });
  app.use("reply", [](Request& request, Response& response, Next) {
    response.send("hello " + request.locals["user"]);
  });
  app.use("error", [&site](const Error& error, Request&, Response& response, Next) {
    site.note(error.message);
    response.status(error.status).send("sorry");
  });
}

}  // namespace

void live(Story& story, const Knob<int>& layers, const Knob<int>& guest,
          const Knob<milliseconds>& pace) {
  story.say("Turn `guest`: known, unknown or broken. See which layers run.");
  while (!lab::Program::stopped()) {
    const int count = *layers;
    Site site([&](App& app, Site& s) { build(app, s, layers, guest); });
    while (!lab::Program::stopped() && count == *layers) {
      site.visit("GET /");
      std::this_thread::sleep_for(*pace);
    }
  }
}

}  // namespace lab10
