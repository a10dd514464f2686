// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab24 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> orders = program.knob("orders", 20, 10, 1000, "",
                                       "in how many random orders the tests are run");
};

void lights(lab::Story& story, const Knobs& knobs);
void cost(lab::Story& story, const Knobs& knobs);
void port(lab::Story& story, const Knobs& knobs);
void trust(lab::Story& story, const Knobs& knobs);

}  // namespace lab24
