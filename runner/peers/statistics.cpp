#include "peers/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace runner {

namespace {

constexpr int kDraws = 4000;
constexpr double kOutside = 0.005;  // on each side: 99 % lie between

// Linear between the two nearest, as R's type 7.
double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = at - static_cast<double>(below);
  return values[below] * (1 - share) + values[above] * share;
}

}  // namespace

double median(std::span<const double> values) {
  return quantile({values.begin(), values.end()}, 0.5);
}

double half_spread(std::span<const double> values) {
  const std::vector<double> all(values.begin(), values.end());
  return (quantile(all, 0.75) - quantile(all, 0.25)) / 2;
}

Interval ratio_interval(std::span<const double> values, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::size_t> any(0, values.size() - 1);
  std::vector<double> medians, drawn(values.size());
  medians.reserve(kDraws);
  for (int i = 0; i < kDraws; ++i) {
    for (double& one : drawn) one = values[any(random)];
    medians.push_back(median(drawn));
  }
  return {quantile(medians, kOutside), median(values), quantile(medians, 1 - kOutside)};
}

}  // namespace runner
