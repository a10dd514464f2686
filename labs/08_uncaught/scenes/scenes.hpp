// scenes.hpp: the knobs of the lab, and what it shows.
#pragma once

#include <span>
#include <string>

#include "lab/core/program.hpp"

namespace lab08 {

using lab::Story;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> restarts = program.knob(
      "restarts", 4, 1, 50, "",
      "how many restarts the supervisor allows within a minute (scene crash-loop)");
};

// deaths.cpp: how an error ends a process.
void deaths(Story& story, const Knobs&);
void rules(Story& story, const Knobs&);
void catching(Story& story, const Knobs&);
int death_main(std::span<const std::string> args);  // the role "death"

// swallowed.cpp: what it leaves in a process that goes on.
void state(Story& story, const Knobs&);

// recovery.cpp: how to start again.
void restart(Story& story, const Knobs&);
void crash_loop(Story& story, const Knobs& knobs);

}  // namespace lab08
