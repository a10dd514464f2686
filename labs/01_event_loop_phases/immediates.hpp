// immediates.hpp: setImmediate and setTimeout on libuv, with Node's rules.
//
//   set_immediate(f) --> the queue --> this turn's check phase runs what was queued by
//   then
//
// Node has no "check" in its API: it keeps a list, runs it from one uv_check_t, and keeps
// poll from sleeping with one active uv_idle_t while the list is not empty.
//
// Threads   One: the loop's.
// Lifetime  Must outlive the running of its loop.
// Source    Node's lib/internal/timers.js and src/env.cc (CheckImmediate); the delays as
//           in the Timeout constructor: below 1 ms, above 2^31-1 ms and NaN become 1 ms.
// Left out  clearImmediate, and the microtasks between two callbacks (lab 02).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "lab/uv.hpp"

namespace lab01 {

class Immediates {
 public:
  explicit Immediates(lab::uv::Loop& loop);

  void set_immediate(std::function<void()> callback);

 private:
  void run();

  lab::uv::Check check_;
  lab::uv::Idle idle_;
  std::vector<std::function<void()>> queue_;
};

// The delay that Node really uses for setTimeout(f, delay).
std::chrono::milliseconds node_delay(double milliseconds);

// setTimeout: timers that were started with one delay fire in the order of their start.
class Timeouts {
 public:
  explicit Timeouts(lab::uv::Loop& loop) : loop_(loop) {}

  void set_timeout(std::function<void()> callback, double milliseconds);

 private:
  lab::uv::Loop& loop_;
  std::vector<std::unique_ptr<lab::uv::Timer>> timers_;
};

}  // namespace lab01
