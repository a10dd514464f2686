// loop_delay.hpp: how late a loop is, measured by a timer that repeats: Node's
// monitorEventLoopDelay, with its blind spots.
//
//   timer fires --> time since it fired last --> histogram
//
// So an idle loop shows the resolution, not zero. What the meter does not see:
//   - a stall before it has fired once after enable() or reset();
//   - a stall that fits between two samples;
//   - in percentiles, how long a stall was: a second without a sample is one sample.
//
// Units     std::chrono; whole milliseconds of resolution, as libuv's timers.
// Threads   One: the loop's.
// Lifetime  Must go before its loop; does not keep it alive.
// Source    Node's src/histogram.cc (IntervalHistogram, RecordDelta).
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "lab/core/histogram.hpp"
#include "lab/core/where.hpp"
#include "lab/uv/uv.hpp"

namespace lab23 {

class LoopDelay {
 public:
  using Clock = std::chrono::steady_clock;

  LoopDelay(lab::uv::Loop& loop, std::chrono::milliseconds resolution)
      : timer_(loop), resolution_(resolution) {}

  void enable() {
    timer_.start(
        resolution_, [this] { fired(Clock::now()); }, resolution_);
    timer_.unref();
  }
  void reset() {
    histogram_ = {};
    last_.reset();
  }

  // Step 3: the first firing only sets the start. So if you reset the meter each time you
  // read it, you can lose the very stall that you are looking for.
  void fired(Clock::time_point now) {
    if (last_) record(now - *last_);
    last_ = now;
  }

  const lab::Latency& histogram() const { return histogram_; }

  std::function<void(std::chrono::nanoseconds interval, lab::Where)> on_sample;

 private:
  void record(std::chrono::nanoseconds interval) {
    histogram_.record(interval);
    if (on_sample) on_sample(interval, lab::Where::here());
  }

  lab::uv::Timer timer_;
  const std::chrono::milliseconds resolution_;
  lab::Latency histogram_;
  std::optional<Clock::time_point> last_;
};

}  // namespace lab23
