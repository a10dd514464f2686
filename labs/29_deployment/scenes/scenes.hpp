// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab29 {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> replicas = program.knob("replicas", 3, 2, 6, "copies",
                                         "how many copies of the app a rollout keeps");
  lab::Knob<int> max_surge =
      program.knob("max-surge", 1, 0, 3, "copies",
                   "how many copies a rollout may start above that number");
  lab::Knob<int> max_unavailable =
      program.knob("max-unavailable", 1, 0, 3, "copies",
                   "how many copies may be missing during a rollout");
};

void pipeline(lab::Story& story, const Knobs& knobs);
void containers(lab::Story& story, const Knobs& knobs);
void manager(lab::Story& story, const Knobs& knobs);
void proxy(lab::Story& story, const Knobs& knobs);
void balance(lab::Story& story, const Knobs& knobs);
void shutdown(lab::Story& story, const Knobs& knobs);
void rollout(lab::Story& story, const Knobs& knobs);
void keep_alive(lab::Story& story, const Knobs& knobs);

}  // namespace lab29
