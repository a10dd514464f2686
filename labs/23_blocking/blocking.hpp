// blocking.hpp: a long job on an event loop, cut into slices, and the queues in which the
// rest may wait.
//
//   a slice --> defer(the rest) --> the loop goes on, or not --> the next slice
//
// Whether the loop goes on between two slices is decided by the queue, not by the cut. How a
// blocked loop is noticed: loop_delay.hpp. How a job moves to another thread: worker.hpp.
//
// Units     A slice is a time, not a count: the same steps take ten times longer elsewhere.
// Threads   One: the loop's.
// Cost      One look at the clock for each advance(), one deferral for each slice.
// Source    Node's guide "Don't Block the Event Loop" (partitioning).
// Left out  What cannot be put down half done: a regular expression keeps its position on
//           its engine's stack, a blocking read in the kernel.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace lab23 {

using Callback = std::function<void()>;
using Defer = std::function<void(Callback)>;
using Advance =
    std::function<bool()>;  // does a little work; false: that was the last of it

class SlicedJob : public std::enable_shared_from_this<SlicedJob> {
 public:
  // Runs the first slice now. Calls done() after the last slice, on the stack of that slice.
  static void run(Advance advance, std::chrono::nanoseconds slice, Defer defer,
                  Callback done) {
    const std::shared_ptr<SlicedJob> job(
        new SlicedJob(std::move(advance), slice, std::move(defer), std::move(done)));
    job->continue_job();
  }

 private:
  using Clock = std::chrono::steady_clock;

  SlicedJob(Advance advance, std::chrono::nanoseconds slice, Defer defer, Callback done)
      : advance_(std::move(advance)),
        slice_(slice),
        defer_(std::move(defer)),
        done_(std::move(done)) {}

  // Step 1: work until the slice is over, then put the rest into a queue. Everybody else
  // waits for one slice, and not for the whole job.
  void continue_job() {
    const auto end = Clock::now() + slice_;
    while (advance_()) {
      if (Clock::now() < end) continue;
      return defer_([self = shared_from_this()] { self->continue_job(); });
    }
    done_();
  }

  const Advance advance_;
  const std::chrono::nanoseconds slice_;
  const Defer defer_;
  const Callback done_;
};

// The queue of process.nextTick, and of promises (lab 02 tells them apart).
class Ticks {
 public:
  void next_tick(Callback callback) { waiting_.push_back(std::move(callback)); }

  // Step 2: Node drains this queue after every callback, until nothing is left, before the
  // loop may go on. So slices that wait here block the loop as if they were one job.
  void drain() {
    while (!waiting_.empty()) {
      const Callback callback = std::move(waiting_.front());
      waiting_.pop_front();
      callback();
    }
  }

 private:
  std::deque<Callback> waiting_;
};

}  // namespace lab23
