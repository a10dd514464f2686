#include "next_tick.hpp"

#include <utility>

namespace lab02 {

namespace {

// A job may queue another one; this loop finds that one too, before anything else runs.
void run_all(std::deque<Job>& queue) {
  while (!queue.empty()) {
    const Job job = std::move(queue.front());
    queue.pop_front();
    job();
  }
}

}  // namespace

// Step 2: Node calls every callback like this, whatever its phase.
void Ticks::run(const Job& callback) {
  ++depth_;
  callback();
  if (depth_ == 1) drain();
  --depth_;
}

Job Ticks::callback(Job inner) {
  return [this, inner = std::move(inner)] { run(inner); };
}

// Step 3: all ticks, then all microtasks, repeated until no tick is left. A tick that a
// promise queues waits for the last microtask; a microtask that a tick queues waits for the
// last tick.
void Ticks::drain() {
  do {
    run_all(ticks_);
    run_all(microtasks_);
  } while (!ticks_.empty());
}

}  // namespace lab02
