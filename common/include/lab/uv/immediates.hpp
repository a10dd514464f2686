// immediates.hpp: setImmediate on libuv, with Node's rules.
//
//   set_immediate(f) --> the queue --> this turn's check phase runs what was queued by then
//
// Node has no "check" in its API: it keeps a list, runs it from one uv_check_t, and keeps
// poll from sleeping with one active uv_idle_t while the list is not empty.
//
// Threads   One: the loop's.
// Lifetime  Must outlive the running of its loop.
// Source    Node's lib/internal/timers.js and src/env.cc (CheckImmediate).
// Left out  clearImmediate. Ticks and microtasks between two callbacks: what is queued here
//           may be wrapped to drain them (lab 02).
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "lab/uv/uv.hpp"

namespace lab::uv {

class Immediates {
 public:
  explicit Immediates(Loop& loop) : check_(loop), idle_(loop) {
    // Immediates keep the loop alive through the idle handle, not through this one.
    check_.start([this] { run(); });
    check_.unref();
  }

  void set_immediate(std::function<void()> callback) {
    queue_.push_back(std::move(callback));
    idle_.start([] {});  // poll must not sleep while an immediate waits
  }

 private:
  // An immediate that is queued by an immediate waits for the next turn, because the
  // phase runs the list that it found. (nextTick does not wait: that is lab 02.)
  void run() {
    for (const auto& callback : std::exchange(queue_, {})) callback();
    if (queue_.empty()) idle_.stop();
  }

  Check check_;
  Idle idle_;
  std::vector<std::function<void()>> queue_;
};

}  // namespace lab::uv
