// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab28 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> port =
      program.knob("port", 9999, 1, 65'535, "",
                   "the PORT that the shell sets before the service starts");
};

void stages(lab::Story& story, const Knobs& knobs);
void file_and_shell(lab::Story& story, const Knobs& knobs);
void types(lab::Story& story, const Knobs& knobs);
void secrets(lab::Story& story, const Knobs& knobs);

}  // namespace lab28
