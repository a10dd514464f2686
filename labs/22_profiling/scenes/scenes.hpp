// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab22 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> samples =
      program.knob("samples", 300, 150, 2000, "", "how many samples a profile takes");
};

void split(lab::Story& story, const Knobs& knobs);
void waits(lab::Story& story, const Knobs& knobs);
void cost(lab::Story& story, const Knobs& knobs);
void threads(lab::Story& story, const Knobs& knobs);
void fix(lab::Story& story, const Knobs& knobs);
void doctor(lab::Story& story, const Knobs& knobs);

}  // namespace lab22
