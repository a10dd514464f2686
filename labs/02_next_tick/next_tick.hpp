// next_tick.hpp: the two queues that Node drains after every single callback.
//
//   run(callback) --> callback() --> ticks until none --> microtasks until none
//                                         ^                       |
//                                         +--- any tick now? -----+--> back to the loop
//
// Neither queue is a phase of the loop; libuv does not know of them. Whoever calls a
// callback drains them, so both run before the loop can do anything else. And because a
// queue is drained until it is empty, a job that refills it never lets the loop go on.
//
// Threads   One: the loop's.
// Lifetime  It must outlive the callbacks that callback() has made.
// Errors    A job must not throw: Node would end the process here (lab 08).
// Source    Node's InternalCallbackScope::Close (src/api/callback.cc) and
//           processTicksAndRejections (lib/internal/process/task_queues.js).
// Cost      A few nanoseconds for a callback that queues nothing (see bench/).
// Left out  AsyncLocalStorage and async_hooks; unhandled rejections, which Node looks for
//           after each round (lab 08).
#pragma once

#include <deque>
#include <functional>

namespace lab02 {

using Job = std::function<void()>;

// Step 1: the contract. Whatever is queued while a callback runs is done before the loop
// goes on.
class Ticks {
 public:
  void next_tick(Job job) { ticks_.push_back(std::move(job)); }

  // A promise's reaction, queueMicrotask(f) and the code after an `await` are microtasks.
  void queue_microtask(Job job) { microtasks_.push_back(std::move(job)); }

  // Calls `callback` as Node calls yours, and drains both queues after it has returned.
  // A run() inside another run() only calls; the outermost one drains.
  void run(const Job& callback);

  // The same as a function that can be given to libuv.
  [[nodiscard]] Job callback(Job inner);

  void drain();

 private:
  std::deque<Job> ticks_;       // Node's own queue
  std::deque<Job> microtasks_;  // V8's
  int depth_ = 0;               // of run() inside run()
};

}  // namespace lab02
