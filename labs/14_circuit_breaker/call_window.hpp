// call_window.hpp: the outcomes of the last N calls, as counts that are always up to date.
//
// Threads   None of its own: the breaker holds its lock around each use.
// Cost      Constant per outcome: the oldest is subtracted, nothing is summed anew.
#pragma once

#include <cstddef>
#include <deque>

namespace lab14 {

struct Tally {
  std::size_t calls = 0;
  std::size_t failures = 0;

  double failure_rate() const {
    return calls == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(calls);
  }
  bool operator==(const Tally&) const = default;
};

class CallWindow {
 public:
  explicit CallWindow(std::size_t calls) : size_(calls) {}

  // Step 4: the newest outcome pushes the oldest out, and the counts follow.
  const Tally& add(bool failed) {
    failed_.push_back(failed);
    tally_.failures += failed;
    if (failed_.size() > size_) {
      tally_.failures -= failed_.front();
      failed_.pop_front();
    }
    tally_.calls = failed_.size();
    return tally_;
  }

  const Tally& tally() const { return tally_; }

 private:
  std::size_t size_;
  std::deque<bool> failed_;  // the oldest first
  Tally tally_;
};

}  // namespace lab14
