// window.hpp: what the latest calls were like, as counts that are always up to date.
//
//   CountWindow -- the last N calls, however old
//   TimeWindow  -- the calls of the last T, however many
//
// Threads   None of its own: the breaker holds its lock around each use.
// Cost      Constant for each outcome: what leaves is subtracted, nothing is summed anew.
// Source    The two windows of resilience4j.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lab14 {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

struct Tally {
  std::size_t calls = 0;
  std::size_t failures = 0;
  std::size_t slow = 0;

  void add(bool failed, bool was_slow) {
    ++calls;
    failures += failed;
    slow += was_slow;
  }
  double failure_rate() const { return rate(failures); }
  double slow_rate() const { return rate(slow); }

  Tally& operator+=(const Tally& other) {
    calls += other.calls, failures += other.failures, slow += other.slow;
    return *this;
  }
  Tally& operator-=(const Tally& other) {
    calls -= other.calls, failures -= other.failures, slow -= other.slow;
    return *this;
  }
  bool operator==(const Tally&) const = default;

 private:
  double rate(std::size_t part) const {
    return calls == 0 ? 0 : static_cast<double>(part) / static_cast<double>(calls);
  }
};

class CountWindow {
 public:
  explicit CountWindow(std::size_t calls) : size_(calls) { ring_.reserve(calls); }

  // Step 7: the newest outcome takes the place of the oldest, and the sum follows.
  const Tally& add(bool failed, bool slow) {
    const Outcome outcome{failed, slow};
    if (ring_.size() < size_) {
      ring_.push_back(outcome);
    } else {
      total_ -= ring_[oldest_].tally();
      ring_[oldest_] = outcome;
      oldest_ = oldest_ + 1 == size_ ? 0 : oldest_ + 1;
    }
    total_ += outcome.tally();
    return total_;
  }

  const Tally& total() const { return total_; }

  void clear() {
    ring_.clear();
    oldest_ = 0;
    total_ = {};
  }

 private:
  struct Outcome {
    bool failed;
    bool slow;
    Tally tally() const { return {1, failed, slow}; }
  };

  std::size_t size_;
  std::vector<Outcome> ring_;
  std::size_t oldest_ = 0;
  Tally total_;
};

// Cut into buckets, of which the oldest leaves as a whole: so the window reaches back
// over the whole span at the end of a bucket, and over one bucket less at its start.
class TimeWindow {
 public:
  TimeWindow(Duration span, std::size_t buckets)
      : width_(span / static_cast<Duration::rep>(buckets)), ring_(buckets) {}

  const Tally& add(TimePoint now, bool failed, bool slow) {
    move_to(now);
    ring_[slot(newest_)].add(failed, slow);
    total_.add(failed, slow);
    return total_;
  }

  const Tally& total_at(TimePoint now) {
    move_to(now);
    return total_;
  }

  void clear() {
    ring_.assign(ring_.size(), {});
    total_ = {};
  }

 private:
  // Empties the buckets that have become too old: after a silence, at most all of them.
  void move_to(TimePoint now) {
    const auto number = now.time_since_epoch() / width_;
    const auto buckets = static_cast<std::int64_t>(ring_.size());
    for (auto next = std::max(newest_ + 1, number - buckets + 1); next <= number;
         ++next) {
      total_ -= ring_[slot(next)];
      ring_[slot(next)] = {};
    }
    newest_ = std::max(newest_, number);
  }

  std::size_t slot(std::int64_t number) const {
    return static_cast<std::size_t>(number) % ring_.size();
  }

  Duration width_;
  std::vector<Tally> ring_;
  std::int64_t newest_ = 0;  // bucket numbers count from the clock's zero
  Tally total_;
};

}  // namespace lab14
