// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab02 {

using lab::Knob;
using lab::Story;

void before(Story& story);
void drain(Story& story);
void outranks(Story& story);
void starving(Story& story, Knob<std::chrono::milliseconds> hold);
void check(Story& story);
void modules(Story& story);
void late(Story& story);
void puzzles(Story& story);

}  // namespace lab02
