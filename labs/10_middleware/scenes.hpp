// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "site.hpp"

namespace lab10 {

using lab::Knob;
using lab::Story;

// order.cpp: what a layer gets, what it may do, when it runs
void roads(Story& story);
void parts(Story& story);
void order(Story& story, const Knob<int>& layers);
void stop(Story& story, const Knob<int>& layers);

// trouble.cpp: what goes wrong
void hang(Story& story, const Knob<milliseconds>& patience);
void twice(Story& story);
void errors(Story& story, const Knob<milliseconds>& patience);

// styles.cpp: the same chain, put together in other ways
void onion(Story& story);
void compiled(Story& story);

// live.cpp
void live(Story& story, const Knob<int>& layers, const Knob<int>& guest,
          const Knob<milliseconds>& pace);

}  // namespace lab10
