// scenes.hpp: the knobs and the scenes of lab 03; main.cpp has their order.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "lab/core/program.hpp"
#include "world/operations.hpp"

namespace lab03 {

using lab::Knob;
using lab::Story;
using std::chrono::milliseconds;

struct Knobs {
  lab::Program& program;
  Knob<int> questions = program.knob("questions", 500, 2, 10'000, "",
                                     "how many clients ask at the same time");
  Knob<int> held =
      program.knob("held", 0, 0, 4, "", "live: how many threads of the pool are held");
  Knob<int> files = program.knob("files", 100, 0, 2000, "/s",
                                 "live: how many files are asked for per second");
  Knob<int> echoes = program.knob("echoes", 100, 0, 1000, "/s",
                                  "live: how many TCP connections are made per second");
};

// Draws each operation where its call is made and where its callback runs.
void draw(Operations& operations);

// thread.cpp: the one thread, and what it does not wait for.
void meeting(Story& story, const Knobs& knobs);
void calls(Story& story, const Knobs&);
void callbacks(Story& story, const Knobs&);

// pool.cpp: the other four threads, and who needs them.
void size(Story& story, const Knobs&);
void held(Story& story, const Knobs&);
void trips(Story& story, const Knobs&);
int pool_main(std::span<const std::string> args);  // the role "pool"

// live.cpp: hold threads of the pool by hand and see what still moves.
void live(Story& story, const Knobs& knobs);

}  // namespace lab03
