// scenes.hpp: the knobs and the scenes of lab 27; main.cpp has their order.
#pragma once

#include "lab/core/program.hpp"

namespace lab27 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> highest =
      program.knob("highest", 6, 4, 40, "",
                   "how high each number goes when a range is tested with every version");
};

// order.cpp
void order(lab::Story& story, const Knobs& knobs);

// promises.cpp: a program that is never rebuilt, and the library's next releases.
void patch(lab::Story& story, const Knobs& knobs);
void minor(lab::Story& story, const Knobs& knobs);
void major(lab::Story& story, const Knobs& knobs);

// ranges.cpp
void caret(lab::Story& story, const Knobs& knobs);
void tilde(lab::Story& story, const Knobs& knobs);
void surprises(lab::Story& story, const Knobs& knobs);

}  // namespace lab27
