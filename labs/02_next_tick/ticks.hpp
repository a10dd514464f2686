// ticks.hpp: the two queues that Node drains after every single callback.
//
//   run(callback) --> callback() --> ticks until none --> microtasks until none
//                                         ^                       |
//                                         +---- any tick now? ----+--> back to the loop
//
// Neither is a phase of the loop: libuv does not know of them. They are drained by whoever
// calls a callback, so both run before the loop can do anything else; and because a queue
// is drained until it is empty, one that is refilled by its own jobs never lets go.
//
// Threads   One: the loop's.
// Lifetime  Must outlive the callbacks that callback() made.
// Errors    A job must not throw: Node would end the process here (lab 08).
// Source    Node's InternalCallbackScope::Close (src/api/callback.cc) and
//           processTicksAndRejections (lib/internal/process/task_queues.js).
// Left out  AsyncLocalStorage and async_hooks, which the same scope keeps; rejections that
//           nobody handled, which Node looks for after each round (lab 08).
#pragma once

#include <deque>
#include <functional>

namespace lab02 {

using Job = std::function<void()>;

class Ticks {
 public:
  void next_tick(Job job) { ticks_.push_back(std::move(job)); }

  // A promise's reaction, queueMicrotask(f), and what stands after an `await`, are all this.
  void queue_microtask(Job job) { microtasks_.push_back(std::move(job)); }

  // Calls `callback` as Node calls yours, and drains both queues once it has returned.
  // Inside another run() it only calls: the outermost one drains.
  void run(const Job& callback);

  // The same, to be given to libuv.
  [[nodiscard]] Job callback(Job inner);

  void drain();

 private:
  std::deque<Job> ticks_;       // Node's own queue
  std::deque<Job> microtasks_;  // V8's
  int depth_ = 0;               // of run() inside run()
};

}  // namespace lab02
