// scenes.hpp: the knobs and the scenes of lab 09; main.cpp has their order.
#pragma once

#include "lab/core/program.hpp"

namespace lab09 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> releases =
      program.knob("releases", 3, 1, 20, "",
                   "how many new releases of libb come out between the two installs");
};

// tree.cpp
void lock(lab::Story& story, const Knobs& knobs);
void later(lab::Story& story, const Knobs& knobs);
void machines(lab::Story& story, const Knobs& knobs);

// rules.cpp
void ci(lab::Story& story, const Knobs& knobs);
void choices(lab::Story& story, const Knobs& knobs);

}  // namespace lab09
