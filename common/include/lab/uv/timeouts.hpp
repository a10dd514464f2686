// timeouts.hpp: setTimeout on libuv, with Node's rules.
//
//   set_timeout(f, 20) --> the list of 20 ms --due--> every f of that list that is due
//
// Node keeps one list for each delay, and one uv_timer_t for all of them. A phase runs list
// by list, and the list whose oldest timer was due first goes first. So after a busy time two
// timers of one delay may both run before a timer of another delay that was due between them.
//
// Units     Whole milliseconds of the loop's clock. It is read anew at each set_timeout: after
//           a busy callback the delay counts from then, and not from when the loop last looked.
// Threads   One: the loop's.
// Lifetime  Must outlive the running of its loop.
// Errors    A callback must not throw.
// Source    Node's lib/internal/timers.js and Environment::RunTimers (src/env.cc); the delays
//           as in its Timeout constructor: below 1 ms, above 2^31-1 ms and NaN become 1 ms.
// Left out  clearTimeout, setInterval, unref.
// Surprise  What follows the last callback of a phase runs when the timer is armed already. If
//           it sets a timeout, the clock moves, and the timer may be due in the same phase.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "lab/uv/uv.hpp"

namespace lab::uv {

// The delay that Node really uses for setTimeout(f, delay).
inline std::chrono::milliseconds node_delay(double milliseconds) {
  const bool usable = milliseconds >= 1 && milliseconds <= 2'147'483'647;
  return std::chrono::milliseconds(usable ? static_cast<std::int64_t>(milliseconds) : 1);
}

class Timeouts {
 public:
  // `after_each` runs between two callbacks and after the last one, as Node drains its ticks
  // and microtasks there (lab 02).
  explicit Timeouts(
      Loop& loop, std::function<void()> after_each = [] {})
      : loop_(loop), timer_(loop), after_each_(std::move(after_each)) {}

  void set_timeout(std::function<void()> callback, double milliseconds) {
    const std::int64_t delay = node_delay(milliseconds).count();
    const std::int64_t start = now();
    const auto [list, is_new] = lists_.try_emplace(delay);
    if (is_new) {
      list->second = {.expiry = start + delay, .id = ++last_id_};
      if (list->second.expiry < next_expiry_) {
        next_expiry_ = list->second.expiry;
        arm(delay);
      }
    }
    list->second.timeouts.push_back({start, std::move(callback)});
  }

 private:
  struct Timeout {
    std::int64_t start;
    std::function<void()> callback;
  };
  struct List {
    std::int64_t expiry = 0;  // of its oldest timeout, when it was last looked at
    std::uint64_t id = 0;     // which list comes first if two expire together
    std::deque<Timeout> timeouts{};
  };
  using Lists = std::map<std::int64_t, List>;  // by delay

  std::int64_t now() {
    uv_update_time(loop_.raw());
    return static_cast<std::int64_t>(uv_now(loop_.raw()));
  }

  void arm(std::int64_t after) {
    timer_.start(std::chrono::milliseconds(after), [this] { run(); });
  }

  void run() {
    const std::int64_t began = now();
    ran_one_ = false;
    run_lists(began);
    after_each_();
  }

  void run_lists(std::int64_t began) {
    next_expiry_ = kNever;
    while (!lists_.empty()) {
      const auto first = std::ranges::min_element(lists_, {}, [](const auto& list) {
        return std::pair(list.second.expiry, list.second.id);
      });
      if (first->second.expiry > began) {
        next_expiry_ = first->second.expiry;
        const auto looked = static_cast<std::int64_t>(uv_now(loop_.raw()));
        return arm(std::max<std::int64_t>(next_expiry_ - looked, 1));
      }
      run_list(first, began);
    }
  }

  // All that were due when the phase began. One that a callback adds waits its time.
  void run_list(Lists::iterator list, std::int64_t began) {
    auto& [delay, waiting] = *list;
    while (!waiting.timeouts.empty()) {
      const std::int64_t due = waiting.timeouts.front().start + delay;
      if (due > began) {
        waiting.expiry = due;
        waiting.id = ++last_id_;
        return;
      }
      const auto callback = std::move(waiting.timeouts.front().callback);
      waiting.timeouts.pop_front();
      if (std::exchange(ran_one_, true)) after_each_();
      callback();
    }
    lists_.erase(list);
  }

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Loop& loop_;
  Timer timer_;
  std::function<void()> after_each_;
  bool ran_one_ = false;  // in this phase
  Lists lists_;
  std::int64_t next_expiry_ = kNever;
  std::uint64_t last_id_ = 0;
};

}  // namespace lab::uv
