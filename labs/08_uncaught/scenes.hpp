// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab08 {

using lab::Story;

// deaths.cpp: how an error ends a process, and what it leaves in one that goes on.
void deaths(Story& story);
void rules(Story& story);
void state(Story& story);
int death_main(std::span<const std::string> args);  // the role "death"

// recovery.cpp: how to begin anew.
void restart(Story& story);
void crash_loop(Story& story, lab::Knob<int> restarts);
void drain(Story& story);

}  // namespace lab08
