// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"
#include "thread_pool.hpp"

namespace lab07 {

using lab::Knob;
using lab::Story;
using std::chrono::milliseconds;

// The settings that a person may turn.
struct Dials {
  Knob<int> threads;       // of the pool
  Knob<int> queue;         // jobs that may wait for one
  Knob<int> side;          // of the picture, pixels
  Knob<milliseconds> job;  // what one blur takes, about, on this machine

  PoolConfig pool() const {
    return {.threads = *threads, .queue = static_cast<std::size_t>(*queue)};
  }
};

// How often a picture of this side must be blurred to take about so long here.
int passes_for(std::size_t side, milliseconds time);

// For ThreadPool: draws each job as a span on the lane of the thread that runs it.
PoolObservers drawn_jobs();

// isolation.cpp: what workers have in common, and what not.
void identity(Story& story, const Dials& dials);
void memory(Story& story);
void weight(Story& story);
void crash(Story& story);
int crash_main(std::span<const std::string> args);  // the role "crash"

// sharing.cpp: how they talk.
void counter(Story& story);
void message(Story& story);
void port(Story& story);
void node(Story& story);

// heartbeat.cpp: what a job does to the loop, by where it runs.
void blurred(Story& story, const Dials& dials);

// cost.cpp: what a worker costs, and what it brings.
void start_up(Story& story);
void scaling(Story& story);

// queue.cpp: the pool's own promises.
void overload(Story& story, const Dials& dials);
void cancelled(Story& story, const Dials& dials);

// live.cpp: the loop's heart beats while jobs come, turned by hand.
struct Load {
  Knob<int> where;  // the jobs run: on the loop, on the pool, in a process
  Knob<int> rate;   // jobs a second
};
void live(Story& story, const Dials& dials, const Load& load);

}  // namespace lab07
