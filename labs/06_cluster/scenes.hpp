// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab06 {

using lab::Story;

struct Dials {
  lab::Knob<int> workers;
  lab::Knob<int> requests;
};

// sharing.cpp: one port, several processes, and who gets what.
void one_port(Story& story, const Dials& dials);
void distribution(Story& story, const Dials& dials);

// supervision.cpp: workers that die, and workers that are replaced.
void killed(Story& story);
void crash_loop(Story& story);
void rolling(Story& story);

// scaling.cpp: what a second process brings.
void one_core(Story& story);
void scaling(Story& story);

}  // namespace lab06
