// scenes.hpp: what the lab shows.
#pragma once

#include <chrono>
#include <cstddef>

#include "lab/core/program.hpp"
#include "workers.hpp"

namespace lab07 {

using lab::Story;
using std::chrono::milliseconds;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> threads =
      program.knob("threads", 2, 1, 16, "", "how many threads the pool has");
  lab::Knob<int> queue =
      program.knob("queue", 4, 1, 1000, "jobs", "how many jobs may wait for a thread");
  lab::Knob<int> side = program.knob("side", 512, 16, 4096, "pixels",
                                     "the width and height of the picture");
  lab::Knob<milliseconds> job = program.knob<milliseconds>(
      "job", milliseconds(200), milliseconds(100), std::chrono::seconds(5), "ms",
      "how long one blur should take");
  lab::Knob<int> where =
      program.choice("where", {"loop", "pool"}, 0,
                     "where --live runs its jobs: on the loop's thread or in the pool");
  lab::Knob<int> rate =
      program.knob("rate", 5, 0, 100, "/s", "how many jobs arrive per second in --live");

  PoolConfig pool() const {
    return {.threads = *threads, .queue = static_cast<std::size_t>(*queue)};
  }
};

// How often a picture of this side must be blurred to take about so long here.
int passes_for(std::size_t side, milliseconds time);

// isolation.cpp: what workers have in common, and what not
void identity(Story& story, const Knobs& knobs);
void memory(Story& story, const Knobs& knobs);
void weight(Story& story, const Knobs& knobs);
void crash(Story& story, const Knobs& knobs);

// sharing.cpp: what threads share
void counter(Story& story, const Knobs& knobs);
void node(Story& story, const Knobs& knobs);

// heartbeat.cpp: what a job does to the loop, by where it runs
void blurred(Story& story, const Knobs& knobs);
void live(Story& story, const Knobs& knobs);

// scaling.cpp: what a second worker brings
void scaling(Story& story, const Knobs& knobs);

}  // namespace lab07
