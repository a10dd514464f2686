#include "ticks.hpp"

#include <utility>

namespace lab02 {

namespace {

// A job may queue another one: it is found by the same loop, before anything else runs.
void run_all(std::deque<Job>& queue) {
  while (!queue.empty()) {
    const Job job = std::move(queue.front());
    queue.pop_front();
    job();
  }
}

}  // namespace

// Step 2: every callback of Node is called like this, whatever its phase.
void Ticks::run(const Job& callback) {
  ++depth_;
  callback();
  if (depth_ == 1) drain();
  --depth_;
}

Job Ticks::callback(Job inner) {
  return [this, inner = std::move(inner)] { run(inner); };
}

// Step 3: all ticks, then all microtasks, and again, until neither queue has any. A tick
// that a promise queues waits until the microtasks are done; a promise made by a tick waits
// until the ticks are.
void Ticks::drain() {
  do {
    run_all(ticks_);
    run_all(microtasks_);
  } while (!ticks_.empty());
}

}  // namespace lab02
