// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab08 {

using lab::Story;

// deaths.cpp: how a process ends, in C++ and by Node's rules.
void deaths(Story& story);
void rules(Story& story);
int death_main(std::span<const std::string> args);  // the role "death"

// recovery.cpp: what is left, and how to begin anew.
void state(Story& story);
void restart(Story& story);
void crash_loop(Story& story, lab::Knob<int> restarts);
void drain(Story& story);

}  // namespace lab08
