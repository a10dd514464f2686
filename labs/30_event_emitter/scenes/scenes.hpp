// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab30 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> requests =
      program.knob("requests", 1000, 12, 100'000, "requests",
                   "how many requests add a listener to an emitter that outlives them");
};

void node(lab::Story& story, const Knobs& knobs);
void stack(lab::Story& story, const Knobs& knobs);
void leak(lab::Story& story, const Knobs& knobs);
void core(lab::Story& story, const Knobs& knobs);

}  // namespace lab30
