#include "lab/core/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace lab::text {

namespace {

// Two digits say what a person keeps: "9.4", "94", "940".
std::string two_digits(double value) {
  const bool whole = std::abs(value - std::round(value)) < 0.05;
  return fmt::format("{:.{}f}", value, !whole && std::abs(value) < 9.95 ? 1 : 0);
}

template <std::size_t N>
std::string scaled(double value,
                   const std::array<std::pair<double, const char*>, N>& units) {
  auto unit = units.begin();
  // Not "1000 µs": what would round up to the next unit is told in it.
  while (unit + 1 != units.end() && std::abs(value) >= 0.9995 * (unit + 1)->first) ++unit;
  return two_digits(value / unit->first) + unit->second;
}

}  // namespace

std::string bytes(std::uint64_t count) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1, " B"}, {0x1p10, " KiB"}, {0x1p20, " MiB"}, {0x1p30, " GiB"}}};
  return scaled(static_cast<double>(count), kUnits);
}

std::string time(std::chrono::duration<double, std::nano> time) {
  static constexpr std::array<std::pair<double, const char*>, 5> kUnits = {
      {{1, " ns"}, {1e3, " µs"}, {1e6, " ms"}, {1e9, " s"}, {60e9, " min"}}};
  return scaled(time.count(), kUnits);
}

std::string count(double value) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1, ""}, {1e3, " thousand"}, {1e6, " million"}, {1e9, " billion"}}};
  // Up to four digits people read numbers as they are: 1,200 rather than "1.2 thousand".
  if (std::abs(value) >= 999.5 && std::abs(value) < 9999.5) {
    return fmt::format("{:.0f},{:03.0f}", std::floor(std::round(value) / 1000),
                       std::fmod(std::round(value), 1000));
  }
  return scaled(value, kUnits);
}

std::string rate(double per_second) {
  return count(per_second) + " per second";
}

std::string percent(double share) {
  return two_digits(100 * share) + " %";
}

}  // namespace lab::text
