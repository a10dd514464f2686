// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include <string>

#include "circuit_breaker.hpp"
#include "lab/core/program.hpp"

namespace lab14 {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> failure_limit = program.knob("failure-limit", 50, 1, 100, "%",
                                              "the failure rate that opens the breaker");
  lab::Knob<int> window = program.knob("window", 20, 10, 10'000, "calls",
                                       "how many of the last calls the breaker judges");
  lab::Knob<int> minimum_calls =
      program.knob("minimum-calls", 4, 1, 10, "calls",
                   "how many calls the breaker needs before it judges them");
  lab::Knob<int> probes = program.knob("probes", 1, 1, 5, "calls",
                                       "how many trial calls pass while it is half-open");
  lab::Knob<milliseconds> open_for = program.knob<milliseconds>(
      "open-for", 200ms, 20ms, 5s, "ms", "how long the breaker stays open");
  lab::Knob<milliseconds> slow_after =
      program.knob<milliseconds>("slow-after", 15ms, 1ms, 1s, "ms",
                                 "how long a call may take before it counts as failed");
  lab::Knob<milliseconds> timeout = program.knob<milliseconds>(
      "timeout", 50ms, 5ms, 1s, "ms", "how long a caller waits for a service that hangs");
  lab::Knob<int> service =
      program.choice("service", {"healthy", "failing", "slow", "hanging"}, 0,
                     "how the service behaves in the live scene");

  Config config() const {
    return {.window = static_cast<std::size_t>(*window),
            .minimum_calls = static_cast<std::size_t>(*minimum_calls),
            .failure_rate = *failure_limit / 100.0,
            .open_for = *open_for,
            .probes = static_cast<std::size_t>(*probes)};
  }
  // Stays open for longer than a scene lasts.
  Config without_recovery() const {
    Config config = this->config();
    config.open_for = 24h;
    return config;
  }
};

// Draws a breaker's states from now on.
void draw(CircuitBreaker& breaker, std::string name = "breaker");

// Draws that somebody asks a breaker for leave to call.
void draw_call(std::string_view from, std::string_view breaker,
               lab::Where where = lab::Where::here());

void closed(lab::Story& story, const Knobs& knobs);
void outage(lab::Story& story, const Knobs& knobs);
void recovery(lab::Story& story, const Knobs& knobs);
void brown_out(lab::Story& story, const Knobs& knobs);
void retries(lab::Story& story, const Knobs& knobs);
void one_for_each(lab::Story& story, const Knobs& knobs);
void live(lab::Story& story, const Knobs& knobs);

}  // namespace lab14
