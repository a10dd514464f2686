#include "lab/core/knob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace lab {

namespace {

struct Suffix {
  std::string_view unit;    // the knob's
  std::string_view suffix;  // what a person may type
  double factor;
};

constexpr std::array<Suffix, 9> kSuffixes = {{{"bytes", "B", 1},
                                              {"bytes", "KiB", 1024},
                                              {"bytes", "K", 1024},
                                              {"bytes", "MiB", 1024.0 * 1024},
                                              {"bytes", "M", 1024.0 * 1024},
                                              {"bytes", "GiB", 1024.0 * 1024 * 1024},
                                              {"ms", "us", 0.001},
                                              {"ms", "s", 1000},
                                              {"ms", "min", 60'000}}};

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

[[noreturn]] void refuse(const KnobSpec& knob, std::string_view text,
                         std::string_view right) {
  throw std::invalid_argument(
      fmt::format("'{}' is not a {}: {}", text, knob.name, right));
}

double choice(const KnobSpec& knob, std::string_view text) {
  const auto found = std::ranges::find(knob.choices, text);
  if (found == knob.choices.end()) refuse(knob, text, "one of " + joined(knob.choices));
  return static_cast<double>(found - knob.choices.begin());
}

double flip(const KnobSpec& knob, std::string_view text) {
  if (text == "on" || text == "true" || text == "1") return 1;
  if (text == "off" || text == "false" || text == "0") return 0;
  refuse(knob, text, "on or off");
}

double factor(const KnobSpec& knob, std::string_view suffix) {
  if (suffix.empty() || suffix == knob.unit) return 1;
  for (const Suffix& known : kSuffixes) {
    if (known.unit == knob.unit && known.suffix == suffix) return known.factor;
  }
  return 0;
}

}  // namespace

double knob_value(const KnobSpec& knob, std::string_view text) {
  if (!knob.choices.empty()) return choice(knob, text);
  if (knob.is_switch) return flip(knob, text);

  const std::string right =
      fmt::format("a{} number from {} to {}", knob.whole ? " whole" : "",
                  knob_text(knob, knob.least), knob_text(knob, knob.most));
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) refuse(knob, text, right);
  std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (suffix.starts_with(' ')) suffix.remove_prefix(1);
  const double scale = factor(knob, suffix);
  const double value = number * scale;
  if (scale == 0 || value < knob.least || value > knob.most ||
      (knob.whole && value != std::floor(value))) {
    refuse(knob, text, right);
  }
  return value;
}

std::string knob_text(const KnobSpec& knob, double value) {
  if (!knob.choices.empty()) return knob.choices.at(static_cast<std::size_t>(value));
  if (knob.is_switch) return value != 0 ? "on" : "off";
  std::string unit = knob.unit;
  if (unit == "bytes") {
    for (const auto& [scale, name] :
         {std::pair{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}}) {
      if (value >= scale && std::fmod(value, scale) == 0) {
        return fmt::format("{:.0f} {}", value / scale, name);
      }
    }
  }
  return unit.empty() ? fmt::format("{:.10g}", value)
                      : fmt::format("{:.10g} {}", value, unit);
}

}  // namespace lab
