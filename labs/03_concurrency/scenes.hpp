// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"
#include "notes.hpp"

namespace lab03 {

using lab::Knob;
using lab::Story;
using std::chrono::milliseconds;

// Draws each operation of these notes as an instant where it starts and one where its
// callback comes, on the lane of the thread that runs it.
void draw(Notes& notes);

// thread.cpp: the one thread, and what it does not wait for.
void meeting(Story& story, Knob<int> questions);
void calls(Story& story);
void callbacks(Story& story);

// pool.cpp: the four others.
void size(Story& story);
void held(Story& story);
void trips(Story& story);
void sizing(Story& story, Knob<int> jobs);
int pool_main(std::span<const std::string> args);    // the role "pool"
int sizing_main(std::span<const std::string> args);  // the role "sizing"

// live.cpp: what moves while threads of the pool are held, turned by hand.
struct Load {
  Knob<int> held;          // threads of the pool
  Knob<int> files;         // stats a second
  Knob<int> echoes;        // round trips over TCP a second
  Knob<milliseconds> job;  // CPU time of a job in the pool
  Knob<int> jobs;          // of these a second
};
void live(Story& story, const Load& load);

}  // namespace lab03
