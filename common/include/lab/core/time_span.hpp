// time_span.hpp: a duration that a caller passes, in nanoseconds, that nothing overflows.
//
// A duration of another unit is converted without overflow, and what is longer than a
// century becomes a century. So max() of any unit means for ever, and adding a TimeSpan to
// a point in time is safe. An interface that takes durations takes them as this.
#pragma once

#include <chrono>

namespace lab {

struct TimeSpan : std::chrono::nanoseconds {
  static constexpr std::chrono::nanoseconds kForEver = std::chrono::hours(24 * 36'525);

  template <class Rep, class Period>
  constexpr TimeSpan(std::chrono::duration<Rep, Period> time)  // NOLINT: implicit
      : std::chrono::nanoseconds(bounded(time)) {}

 private:
  template <class Time>
  static constexpr std::chrono::nanoseconds bounded(Time time) {
    // As a floating-point number first: the integers of a coarse unit do not fit.
    const std::chrono::duration<long double, std::nano> exact(time);
    if (exact >= kForEver) return kForEver;
    if (!(exact > -kForEver)) return -kForEver;  // so is what is not a number
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time);
  }
};

}  // namespace lab
