// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"
#include "serverless.hpp"

namespace lab16 {

using lab::Picture;
using lab::Story;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> requests = program.knob("requests", 6, 2, 50, "requests",
                                         "how many requests arrive at the same time");
  lab::Knob<milliseconds> idle = program.knob<milliseconds>(
      "idle", 200ms, 50ms, 5s, "ms", "how long an instance without a request is kept");
  lab::Knob<int> modules = program.knob("modules", 300, 50, 2000, "modules",
                                        "how many modules the Node application loads");
};

void scaling(Story& story, const Knobs& knobs);     // scaling.cpp
void endpoint(Story& story, const Knobs& knobs);    // scaling.cpp
void upload(Story& story, const Knobs&);            // events.cpp
void frozen(Story& story, const Knobs& knobs);      // events.cpp
void cold_start(Story& story, const Knobs& knobs);  // cost.cpp
void memory(Story& story, const Knobs& knobs);      // cost.cpp

}  // namespace lab16
