// scenes.hpp: the story of lab 01, scene by scene; main.cpp gives their order.
#pragma once

#include <chrono>
#include <optional>

#include "event_loop_phases.hpp"
#include "lab/core/program.hpp"
#include "lab/core/trace.hpp"

namespace lab01 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> connections = program.knob("connections", 200, 10, 400, "",
                                            "how many sockets wait at the same time");
  lab::Knob<std::chrono::milliseconds> delay = program.knob(
      "delay", std::chrono::milliseconds(100), std::chrono::milliseconds(10),
      std::chrono::milliseconds(1000), "ms", "how long each socket waits for its answer");
  lab::Knob<int> busy =
      program.knob("busy", 400, 0, 5000, "us",
                   "how long the main program works before its loop starts");
};

void ring(lab::Story& story, const Knobs& knobs);
void pending(lab::Story& story, const Knobs& knobs);
void overlap(lab::Story& story, const Knobs& knobs);
void threads(lab::Story& story, const Knobs& knobs);
void sleeping(lab::Story& story, const Knobs& knobs);
void timers(lab::Story& story, const Knobs& knobs);
void immediates(lab::Story& story, const Knobs& knobs);
void node(lab::Story& story, const Knobs& knobs);

// Draws the phases of this thread's loop as spans of the lane "loop".
class DrawnLoop {
 public:
  DrawnLoop()
      : probe_([this](Phase phase, lab::Where where) {
          span_.reset();
          if (phase != Phase::outside) span_.emplace(name(phase), kLoop, where);
        }) {}

 private:
  static constexpr lab::Detail kLoop{.lane = "loop"};

  std::optional<lab::trace::Span> span_;
  PhaseProbe probe_;
};

}  // namespace lab01
