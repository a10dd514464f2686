// starvation.hpp: a job that keeps rescheduling itself, while a timer and a byte wait.
//
// The chain goes on until `hold` has passed and then for kTail links more. If the loop had
// an iteration for each link, it would come to a timer that has long been due, however
// slow the machine is. So a count is judged, not a time.
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
  std::uint64_t links = 0;       // of the chain
  std::uint64_t iterations = 0;  // that the loop began while the chain went on
  bool timer_meanwhile = false;  // the timer fired while the chain went on
  bool byte_meanwhile = false;
  std::chrono::milliseconds timer_came{};  // after the start, rounded up
};

// Calls `on_event` with "timer", "byte" and "chain ends" when they happen.
Starvation starve(Requeue requeue, std::chrono::milliseconds hold,
                  const std::function<void(std::string_view)>& on_event = {});

}  // namespace lab02
