// scenes.hpp: the story of lab 02, scene by scene; main.cpp gives their order.
#pragma once

#include <chrono>

#include "lab/core/program.hpp"

namespace lab02 {

struct Knobs {
  lab::Program& program;
  lab::Knob<std::chrono::milliseconds> hold =
      program.knob("hold", std::chrono::milliseconds(300), std::chrono::milliseconds(50),
                   std::chrono::milliseconds(5000), "ms",
                   "how long a job of the scene `starving` keeps rescheduling itself");
};

void before(lab::Story& story, const Knobs& knobs);
void drain(lab::Story& story, const Knobs& knobs);
void outranks(lab::Story& story, const Knobs& knobs);
void starving(lab::Story& story, const Knobs& knobs);
void check(lab::Story& story, const Knobs& knobs);
void puzzles(lab::Story& story, const Knobs& knobs);

}  // namespace lab02
