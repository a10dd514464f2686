// scenes.hpp: the knobs and the scenes of lab 06; main.cpp has their order.
#pragma once

#include "cluster.hpp"
#include "lab/core/program.hpp"

namespace lab06 {

using lab::Picture;
using lab::Story;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> workers =
      program.knob("workers", 2, 1, 16, "", "how many worker processes share the port");
  lab::Knob<int> requests =
      program.knob("requests", 40, 16, 10'000, "",
                   "how many requests the clients send in the scene with one port");
};

// Adds observers that draw the workers' states and the connections that they are passed.
ClusterObservers drawn(ClusterObservers observers = {});  // sharing.cpp

void one_core(Story& story, const Knobs&);            // scaling.cpp
void one_port(Story& story, const Knobs& knobs);      // sharing.cpp
void distribution(Story& story, const Knobs& knobs);  // sharing.cpp
void killed(Story& story, const Knobs&);              // deaths.cpp
void crash_loop(Story& story, const Knobs&);          // deaths.cpp
void rolling(Story& story, const Knobs&);             // rolling.cpp
void scaling(Story& story, const Knobs&);             // scaling.cpp
void live(Story& story, const Knobs& knobs);          // live.cpp

}  // namespace lab06
