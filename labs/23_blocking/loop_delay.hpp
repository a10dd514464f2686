// loop_delay.hpp: how late a loop is, told by a timer that repeats: Node's
// monitorEventLoopDelay, with its blind spots.
//
//   timer fires --> time since it fired last --> histogram
//
// So an idle loop shows the resolution, not zero. What it does not see:
//   - what happens before it has fired once after enable() or reset();
//   - a stall that fits between two samples;
//   - how long a stall lasted, in percentiles: a second without a sample is one sample.
//
// Units     std::chrono; whole milliseconds of resolution, as libuv's timers.
// Threads   One: the loop's.
// Lifetime  Must go before its loop; does not keep it alive.
// Source    Node's src/histogram.cc (IntervalHistogram, RecordDelta); the filling of
//           what was left out: HdrHistogram's recordValueWithExpectedInterval.
#pragma once

#include <chrono>
#include <optional>

#include "lab/histogram.hpp"
#include "lab/uv.hpp"

namespace lab23 {

// The arithmetic of it, with the time handed in.
class DelayHistogram {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DelayHistogram(std::chrono::nanoseconds resolution)
      : resolution_(resolution) {}

  // Step 3: the first firing only says where to count from. So who resets after each
  // reading throws away the interval that holds the reading's own stall.
  void fired(Clock::time_point now) {
    if (last_) add(now - *last_);
    last_ = now;
  }

  void reset() {
    seen_ = {};
    filled_ = {};
    last_.reset();
  }

  const lab::Latency& seen() const { return seen_; }

  // With the samples that a stall kept from being taken: had the timer fired on time
  // during it, the first would have waited for all of the stall, the next for less.
  const lab::Latency& filled() const { return filled_; }

 private:
  void add(std::chrono::nanoseconds interval) {
    seen_.record(interval);
    for (; interval >= resolution_; interval -= resolution_) filled_.record(interval);
  }

  const std::chrono::nanoseconds resolution_;
  lab::Latency seen_{};
  lab::Latency filled_{};
  std::optional<Clock::time_point> last_{};
};

class LoopDelay {
 public:
  explicit LoopDelay(lab::uv::Loop& loop,
                     std::chrono::milliseconds resolution = std::chrono::milliseconds(10))
      : timer_(loop), resolution_(resolution), histogram_(resolution) {}

  void enable() {
    timer_.start(
        resolution_, [this] { fired(); }, resolution_);
    timer_.unref();
  }
  void disable() { timer_.stop(); }
  void reset() { histogram_.reset(); }

  const DelayHistogram& histogram() const { return histogram_; }

  // How much later than due the timer fired last.
  std::chrono::nanoseconds lateness() const { return lateness_; }

 private:
  void fired() {
    const auto now = DelayHistogram::Clock::now();
    if (last_) lateness_ = now - *last_ - resolution_;
    last_ = now;
    histogram_.fired(now);
  }

  lab::uv::Timer timer_;
  const std::chrono::milliseconds resolution_;
  DelayHistogram histogram_;
  std::optional<DelayHistogram::Clock::time_point> last_{};
  std::chrono::nanoseconds lateness_{};
};

}  // namespace lab23
