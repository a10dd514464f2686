// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab15 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> limit =
      program.knob("limit", 5, 1, 50, "", "requests of one client that pass in a window");
  lab::Knob<int> addresses =
      program.knob("addresses", 60, 2, 250, "", "addresses from which the flood comes");
};

void attacks(lab::Story& story, const Knobs& knobs);
void headers(lab::Story& story, const Knobs& knobs);
void limits(lab::Story& story, const Knobs& knobs);
void flood(lab::Story& story, const Knobs& knobs);
void tokens(lab::Story& story, const Knobs& knobs);
void code_flow(lab::Story& story, const Knobs& knobs);
void foreign_pages(lab::Story& story, const Knobs& knobs);

}  // namespace lab15
