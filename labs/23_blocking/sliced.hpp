// sliced.hpp: a long job cut into slices, and the queues in which the rest can wait.
//
//   a slice --> defer(the rest) --> the loop comes round, or not --> the next slice
//
// Whether the loop comes round between two slices is the queue's affair, not the cut's.
//
// Units     A slice is a time, not a count: the same steps take ten times longer elsewhere.
// Threads   One: the loop's.
// Cost      A look at the clock for each call of advance(), and one deferral a slice.
// Source    Node's guide "Don't Block the Event Loop" (partitioning); the order of ticks and
//           microtasks as in lib/internal/process/task_queues.js.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace lab23 {

using Callback = std::function<void()>;
using Defer = std::function<void(Callback)>;
using Advance = std::function<bool()>;  // does a little; false: that was the last of it

// Calls done() after the last slice, on the stack of that slice.
class Sliced : public std::enable_shared_from_this<Sliced> {
 public:
  static void run(Advance advance, std::chrono::nanoseconds slice, Defer defer,
                  Callback done) {
    const std::shared_ptr<Sliced> job(
        new Sliced(std::move(advance), slice, std::move(defer), std::move(done)));
    job->go_on();
  }

 private:
  using Clock = std::chrono::steady_clock;

  Sliced(Advance advance, std::chrono::nanoseconds slice, Defer defer, Callback done)
      : advance_(std::move(advance)),
        slice_(slice),
        defer_(std::move(defer)),
        done_(std::move(done)) {}

  // Step 2: the cure. Work until the slice is over, then let the others have their turn;
  // who waits, waits for a slice and not for the job.
  void go_on() {
    const auto end = Clock::now() + slice_;
    while (advance_()) {
      if (Clock::now() < end) continue;
      return defer_([self = shared_from_this()] { self->go_on(); });
    }
    done_();
  }

  const Advance advance_;
  const std::chrono::nanoseconds slice_;
  const Defer defer_;
  const Callback done_;
};

// process.nextTick and a promise's then. Not the loop's: they are drained when a callback
// ends, until nothing is left, before anything else may happen.
class Ticks {
 public:
  void next_tick(Callback callback) { ticks_.push_back(std::move(callback)); }
  void microtask(Callback callback) { microtasks_.push_back(std::move(callback)); }

  void drain() {
    while (!ticks_.empty() || !microtasks_.empty()) {
      while (run_first(ticks_)) {
      }
      while (run_first(microtasks_)) {
      }
    }
  }

 private:
  static bool run_first(std::deque<Callback>& queue) {
    if (queue.empty()) return false;
    const Callback callback = std::move(queue.front());
    queue.pop_front();
    callback();
    return true;
  }

  std::deque<Callback> ticks_{};
  std::deque<Callback> microtasks_{};
};

}  // namespace lab23
