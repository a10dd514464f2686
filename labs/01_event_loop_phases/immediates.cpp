#include "immediates.hpp"

#include <utility>

namespace lab01 {

Immediates::Immediates(lab::uv::Loop& loop) : check_(loop), idle_(loop) {
  // Immediates keep the loop alive through the idle handle, not through this one.
  check_.start([this] { run(); });
  check_.unref();
}

void Immediates::set_immediate(std::function<void()> callback) {
  queue_.push_back(std::move(callback));
  idle_.start([] {});  // poll must not sleep while an immediate waits
}

// Step 7: an immediate that is queued by an immediate waits for the next turn, because
// the phase runs the list that it found. (nextTick does not wait: that is lab 02.)
void Immediates::run() {
  for (const auto& callback : std::exchange(queue_, {})) callback();
  if (queue_.empty()) idle_.stop();
}

std::chrono::milliseconds node_delay(double milliseconds) {
  const bool usable = milliseconds >= 1 && milliseconds <= 2'147'483'647;
  return std::chrono::milliseconds(usable ? static_cast<std::int64_t>(milliseconds) : 1);
}

void Timeouts::set_timeout(std::function<void()> callback, double milliseconds) {
  auto& timer = timers_.emplace_back(std::make_unique<lab::uv::Timer>(loop_));
  timer->start(node_delay(milliseconds), std::move(callback));
}

}  // namespace lab01
