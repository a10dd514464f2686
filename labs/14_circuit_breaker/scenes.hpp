// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>
#include <string>

#include "caller.hpp"
#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"

namespace lab14 {

using lab::Knob;
using lab::Story;
using std::chrono::milliseconds;

// The breaker's settings that a person may turn.
struct Dials {
  Knob<int> failure_limit;  // percent
  Knob<int> window;         // calls
  Knob<int> minimum_calls;
  Knob<int> probes;
  Knob<milliseconds> open_for;
  Knob<double> growth;
  Knob<int> jitter;            // percent
  Knob<milliseconds> timeout;  // of a caller, when the service hangs

  Config config() const {
    const auto open = *open_for;
    return {.window = LastCalls{static_cast<std::size_t>(*window)},
            .minimum_calls = static_cast<std::size_t>(*minimum_calls),
            .failure_rate = *failure_limit / 100.0,
            .open_for = open,
            .open_growth = *growth,
            .longest_open = 60 * open,
            .jitter = *jitter / 100.0,
            .probes = static_cast<std::size_t>(*probes)};
  }
};

// Draws a breaker's states from now on.
inline void draw(CircuitBreaker& breaker, std::string name = "breaker") {
  lab::trace::state(name, to_string(breaker.state()));
  breaker.on_transition([name](const Transition& change) {
    const auto cause =
        lab::trace::instant(to_string(change.why),
                            {.lane = name, .args = {{"generation", change.generation}}});
    lab::trace::state(name, to_string(change.to), cause);
  });
}

// For PaymentsService: draws how many calls have reached it.
inline void draw_received(std::size_t received) {
  lab::trace::counter("received", static_cast<double>(received), {.lane = "service"});
}

// outage.cpp
void closed(Story& story, const Dials& dials);
void burst(Story& story, const Dials& dials);
void outage(Story& story, const Dials& dials);
void brown_out(Story& story, const Dials& dials);
void windows(Story& story, const Dials& dials);

// recovery.cpp
void recovery(Story& story, const Dials& dials);
void group_of_probes(Story& story, const Dials& dials);
void lost_probe(Story& story, const Dials& dials);
void flapping(Story& story, const Dials& dials);

// company.cpp
void retries(Story& story, const Dials& dials);
void fallback(Story& story, const Dials& dials);
void one_for_each(Story& story, const Dials& dials);
void instances(Story& story, const Dials& dials);

// live.cpp: what the service and its callers do, turned by hand.
struct Load {
  Knob<int> health;
  Knob<milliseconds> latency;
  Knob<int> failing;  // percent of its answers
  Knob<int> callers;
  Knob<milliseconds> pause;       // of each caller, between two calls
  Knob<milliseconds> slow_after;  // 0: no call is slow
};
void live(Story& story, const Dials& dials, const Load& load);

}  // namespace lab14
