// scenes.hpp: the knobs and the scenes of lab 23; main.cpp has their order.
#pragma once

#include <algorithm>
#include <chrono>
#include <regex>

#include "lab/core/program.hpp"

namespace lab23 {

using lab::Story;
using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Knobs {
  lab::Program& program;
  lab::Knob<milliseconds> job =
      program.knob("job", milliseconds(200), milliseconds(100), milliseconds(5000), "ms",
                   "how much CPU time the long sum takes in one go");
  lab::Knob<microseconds> slice =
      program.knob("slice", microseconds(5000), microseconds(50), microseconds(10'000),
                   "ms", "how long one slice of the sum lasts");
  lab::Knob<int> letters = program.knob(
      "letters", 20, 10, 24, "", "how many letters the longest text for std::regex has");

  milliseconds job_for(const Story& story) const {
    return story.quick() ? std::max(*job / 2, milliseconds(100)) : *job;
  }
};

void offences(Story& story, const Knobs& knobs);  // blocked.cpp
void others(Story& story, const Knobs& knobs);    // blocked.cpp
void engines(Story& story, const Knobs& knobs);   // engines.cpp
void cures(Story& story, const Knobs& knobs);     // cures.cpp
void lag(Story& story, const Knobs&);             // lag.cpp

}  // namespace lab23
