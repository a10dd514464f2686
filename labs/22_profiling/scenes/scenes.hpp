// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab22 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> samples =
      program.knob("samples", 300, 100, 2000, "", "samples that a profile waits for");
  lab::Knob<std::chrono::milliseconds> reply = program.knob(
      "reply", std::chrono::milliseconds(100), std::chrono::milliseconds(20),
      std::chrono::milliseconds(1000), "ms", "how long the store takes for a reply");
};

void split(lab::Story& story, const Knobs& knobs);
void report(lab::Story& story, const Knobs& knobs);
void waits(lab::Story& story, const Knobs& knobs);
void cost(lab::Story& story, const Knobs& knobs);
void threads(lab::Story& story, const Knobs& knobs);
void fix(lab::Story& story, const Knobs& knobs);
void doctor(lab::Story& story, const Knobs& knobs);

}  // namespace lab22
