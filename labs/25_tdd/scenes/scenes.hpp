// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab25 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> largest = program.knob("largest", 3999, 400, 3999, "",
                                        "the largest number that the properties try");
};

void cycle(lab::Story& story, const Knobs& knobs);
void examples(lab::Story& story, const Knobs& knobs);
void mutants(lab::Story& story, const Knobs& knobs);

}  // namespace lab25
