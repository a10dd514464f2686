// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab01 {

using lab::Knob;
using lab::Story;

void ring(Story& story);
void modes(Story& story);
void pending(Story& story);
void closing(Story& story);
void overlap(Story& story, Knob<int> connections, Knob<std::chrono::milliseconds> delay);
void threads(Story& story);
void sleeping(Story& story);
void timers(Story& story);
void immediates(Story& story, Knob<int> busy);
void node(Story& story);

}  // namespace lab01
