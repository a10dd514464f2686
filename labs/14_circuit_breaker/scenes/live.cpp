// live.cpp: the service falls ill by hand, and the breaker follows.
#include <thread>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"

namespace lab14 {

void live(lab::Story& story, const Knobs& knobs) {
  story.say(
      "An app makes a payment every 20 ms. Change `service` and watch what the breaker "
      "does.");
  story.picture(lab::Picture::machine, {"breaker"});
  PaymentsService service;
  PaymentsClient payments(service, "app", *knobs.timeout);
  Config config = knobs.config();
  config.slow_after = *knobs.slow_after;
  CircuitBreaker breaker(config);
  draw(breaker);

  constexpr const char* kNames[] = {"paid", "failed", "refused"};
  int counts[3] = {};
  while (!lab::Program::stopped()) {
    service.become(static_cast<Health>(*knobs.service));
    const auto answer = static_cast<std::size_t>(pay(breaker, payments));
    lab::trace::counter(kNames[answer], ++counts[answer], {.lane = "app"});
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace lab14
