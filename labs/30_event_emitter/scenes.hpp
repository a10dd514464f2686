// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"

namespace lab30 {

using lab::Knob;
using lab::Story;

// dispatch.cpp: who is called, when, and on whose stack.
void sample(Story& story);
void order(Story& story);
void stack(Story& story, Knob<int> emits);
void changes(Story& story);
void errors(Story& story);
void node(Story& story);

// lifetime.cpp: who goes on listening.
void leak(Story& story, Knob<int> requests);
void gone(Story& story);

// core.cpp: what in Node's core is an emitter.
void core(Story& story);

}  // namespace lab30
