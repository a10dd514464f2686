// statistics.hpp: how sure a ratio of two measured times is.
//
// Rounds are interleaved (A B A B ...), so that what disturbs the machine disturbs both,
// and a ratio is taken within each round. What is told of the rounds is their median; how
// sure it is, a percentile bootstrap of that median says (Efron 1979): rounds are drawn
// with replacement, 4,000 times, and 99 of 100 medians lie in the interval.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace runner {

// REQUIRES of both: not empty.
double median(std::span<const double> values);
double half_spread(std::span<const double> values);  // half the distance of the quartiles

struct Interval {
  double low = 0, middle = 0, high = 0;

  // A ratio whose interval spans 1 says nothing of who is faster.
  bool says_nothing() const { return low <= 1 && 1 <= high; }
};

// Of the median of what the rounds gave. Deterministic for a seed.
Interval ratio_interval(std::span<const double> values, std::uint32_t seed = 1);

}  // namespace runner
