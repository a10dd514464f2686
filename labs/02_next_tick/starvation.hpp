// starvation.hpp: a job that queues itself again and again, and two that wait meanwhile.
//
// The chain goes on until `hold` has passed, and then for kTail links more: had the loop a
// turn for each link, it would come to a timer that has long been due, however slow the
// machine. So what is judged is a count, not a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace lab02 {

enum class Requeue { next_tick, microtask, set_immediate, set_timeout };

std::string_view name(Requeue requeue);

inline constexpr int kTail = 20;
inline constexpr std::chrono::milliseconds kDue{10};  // the waiting timer's delay

struct Starvation {
  std::uint64_t links = 0;  // of the chain
  std::uint64_t turns = 0;  // that the loop began while the chain went on
  bool timer_meanwhile = false;
  bool byte_meanwhile = false;
  std::chrono::milliseconds timer_came{};  // after the start, rounded up
  std::chrono::milliseconds byte_came{};
};

// Tells `on_event` of "timer", "byte" and "chain ends" when they happen.
Starvation starve(Requeue requeue, std::chrono::milliseconds hold,
                  const std::function<void(std::string_view)>& on_event = {});

}  // namespace lab02
