// Lab 14: circuit breaker
//
// Question  What does a circuit breaker do?
// Watch     Once it is open, calls never leave the process; then a few ask for all.
// Run       ./lab run 14        ./lab run 14 --live
// Needs     Nothing. The failing service is a real HTTP server of this lab.

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab14;
using namespace std::chrono_literals;

namespace {

Load live_load(lab::Program& lab) {
  return {
      .health = lab.choice("service", {"healthy", "failing", "hanging", "refusing"}, 0,
                           "live: the service is"),
      .latency =
          lab.knob<milliseconds>("latency", 5ms, 0ms, 2s, "ms", "live: it answers after"),
      .failing = lab.knob("failing", 0, 0, 100, "%", "live: of its answers are errors"),
      .callers = lab.knob("callers", 4, 1, 16, "", "live: callers at the same time"),
      .pause = lab.knob<milliseconds>("pause", 20ms, 1ms, 1s, "ms",
                                      "live: of each caller after a call"),
      .slow_after = lab.knob<milliseconds>("slow-after", 0ms, 0ms, 2s, "ms",
                                           "live: calls this long are slow; 0: none is"),
  };
}

Dials breaker_dials(lab::Program& lab) {
  return {
      .failure_limit =
          lab.knob("failure-limit", 50, 1, 100, "%", "failures that open the breaker"),
      .window =
          lab.knob("window", 20, 10, 10'000, "calls", "how many of the last it judges"),
      .minimum_calls =
          lab.knob("minimum-calls", 4, 1, 10, "", "calls that a verdict needs"),
      .probes = lab.knob("probes", 1, 1, 5, "", "calls let through while half-open"),
      .open_for = lab.knob<milliseconds>("open-for", 200ms, 20ms, 5s, "ms",
                                         "how long no call passes"),
      .growth = lab.knob("growth", 1.0, 1.0, 4.0, "",
                         "open time: times this if it opens again soon"),
      .jitter = lab.knob("jitter", 0, 0, 100, "%", "of the open time, at random, on top"),
      .timeout = lab.knob<milliseconds>("timeout", 30ms, 5ms, 1s, "ms",
                                        "how long a caller waits for an ill service"),
  };
}

}  // namespace

int main(int argc, char** argv) {
  lab::Program lab(
      argc, argv,
      {.number = "14",
       .name = "circuit_breaker",
       .question = "What does a circuit breaker do?",
       .watch =
           "Once it is open, calls never leave the process; then a few ask for all."});
  const Load load = live_load(lab);
  const Dials dials = breaker_dials(lab);
  const auto scene = [&](const char* name, const char* title,
                         void (*play)(Story&, const Dials&)) {
    lab.scene(name, title, [=](Story& story) { play(story, dials); });
  };

  scene("closed", "Closed: calls pass", closed);
  scene("burst", "The burst that trips it", burst);
  scene("outage", "The outage, without and with a breaker", outage);
  scene("brown-out", "Slow is down, too", brown_out);
  scene("windows", "Judged over calls or over time", windows);
  scene("recovery", "Half-open: a few ask for all", recovery);
  scene("group", "Probes are judged as a group", group_of_probes);
  scene("lost-probe", "A probe that never reports", lost_probe);
  scene("flapping", "A service that flaps", flapping);
  scene("retries", "Retry around the breaker, or inside it", retries);
  scene("fallback", "What the user gets", fallback);
  scene("one-each", "One breaker for each service", one_for_each);
  scene("instances", "Each instance learns alone", instances);
  lab.live([=](Story& story) { live(story, dials, load); });
  return lab.run();
}
