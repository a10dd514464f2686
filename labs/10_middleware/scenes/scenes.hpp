// scenes.hpp: the knobs and the scenes of lab 10; main.cpp has their order.
#pragma once

#include "lab/core/program.hpp"
#include "world/site.hpp"

namespace lab10 {

using lab::Story;

struct Knobs {
  lab::Program& program;
  lab::Knob<milliseconds> patience =
      program.knob("patience", milliseconds(300), milliseconds(100), milliseconds(5000),
                   "ms", "how long a client waits for a reply that never comes");
};

void parts(Story& story, const Knobs&);
void order(Story& story, const Knobs& knobs);
void choices(Story& story, const Knobs& knobs);
void errors(Story& story, const Knobs&);

}  // namespace lab10
