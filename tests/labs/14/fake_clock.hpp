// fake_clock.hpp: a clock that stands still until a test moves it. Safe to share.
#pragma once

#include <atomic>

#include "circuit_breaker.hpp"

namespace lab14 {

class FakeClock {
 public:
  TimePoint now() const { return TimePoint(Duration(now_.load())); }
  void advance(Duration by) { now_ += by.count(); }
  auto reader() {
    return [this] { return now(); };
  }

 private:
  std::atomic<Duration::rep> now_{
      std::chrono::nanoseconds(std::chrono::hours(1)).count()};
};

}  // namespace lab14
