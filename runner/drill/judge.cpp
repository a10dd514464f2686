#include "drill/judge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace runner {

namespace {

using Predict = DrillItem::Predict;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result) {
    byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    const auto part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.push_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// By its name, or by its place from 1 on.
std::optional<std::string> item_named(const std::vector<std::string>& shown,
                                      std::string_view typed) {
  for (const std::string& item : shown) {
    if (lower(item) == lower(typed)) return item;
  }
  std::size_t place = 0;
  const auto [end, error] =
      std::from_chars(typed.data(), typed.data() + typed.size(), place);
  if (error != std::errc() || end != typed.data() + typed.size()) return std::nullopt;
  if (place < 1 || place > shown.size()) return std::nullopt;
  return shown[place - 1];
}

std::optional<std::string> order_of(const std::vector<std::string>& shown,
                                    const std::vector<std::string_view>& parts) {
  if (parts.size() != shown.size()) return std::nullopt;
  std::vector<std::string> named;
  for (const auto part : parts) {
    const auto item = item_named(shown, part);
    if (!item || std::ranges::find(named, *item) != named.end()) return std::nullopt;
    named.push_back(*item);
  }
  return fmt::format("{}", fmt::join(named, " > "));
}

// "b > a", "2, 1", "2 1" or "21".
std::optional<std::string> parse_order(const std::vector<std::string>& shown,
                                       std::string_view typed) {
  for (const std::string_view separators : {">", ",", " \t"}) {
    if (auto order = order_of(shown, split(typed, separators))) return order;
  }
  std::vector<std::string_view> digits;
  for (std::size_t i = 0; i < typed.size(); ++i) digits.push_back(typed.substr(i, 1));
  return order_of(shown, digits);
}

std::optional<std::string> parse_outcome(std::string_view typed) {
  const std::string word = lower(typed);
  for (const char* yes : {"y", "yes", "holds", "true"}) {
    if (word == yes) return "yes";
  }
  for (const char* no : {"n", "no", "fails", "false"}) {
    if (word == no) return "no";
  }
  return std::nullopt;
}

struct Unit {
  std::string_view name;
  double size;
};

constexpr double kKibi = 1024;
constexpr std::array<Unit, 21> kUnits = {{{"b", 1},
                                          {"byte", 1},
                                          {"bytes", 1},
                                          {"kib", kKibi},
                                          {"mib", kKibi* kKibi},
                                          {"gib", kKibi* kKibi* kKibi},
                                          {"kb", 1e3},
                                          {"mb", 1e6},
                                          {"gb", 1e9},
                                          {"mib/s", kKibi* kKibi},
                                          {"kib/s", kKibi},
                                          {"b/s", 1},
                                          {"ns", 1e-9},
                                          {"us", 1e-6},
                                          {"µs", 1e-6},
                                          {"ms", 1e-3},
                                          {"s", 1},
                                          {"min", 60},
                                          {"%", 1},
                                          {"x", 1},
                                          {"/s", 1}}};

std::uint64_t mixed(std::string_view text, std::uint64_t seed) {  // FNV-1a
  std::uint64_t hash = 14695981039346656037u ^ seed;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  }
  return hash ^ (hash >> 29);
}

// An order as the trace writes it, in its parts.
std::vector<std::string_view> steps_of(std::string_view answer) {
  return split(answer, ">");
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view typed) {
  typed = trimmed(typed);
  if (typed.starts_with('+')) typed.remove_prefix(1);
  double value = 0;
  const char* const last = typed.data() + typed.size();
  const auto [end, error] =
      std::from_chars(typed.data(), last, value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  const std::string unit = lower(trimmed({end, static_cast<std::size_t>(last - end)}));
  if (unit.empty()) return Quantity{value, value, false};
  const auto known = std::ranges::find(kUnits, unit, &Unit::name);
  if (known == kUnits.end()) return std::nullopt;
  return Quantity{value, value * known->size, true};
}

std::vector<std::string> shown_items(const DrillItem& item, int round) {
  std::vector<std::string> shown = item.items;
  const auto seed = mixed(item.id, static_cast<std::uint64_t>(round));
  std::ranges::sort(shown, {}, [&](const std::string& one) { return mixed(one, seed); });
  return shown;
}

std::optional<std::string> parse_prediction(const DrillItem& item,
                                            const std::vector<std::string>& shown,
                                            std::string_view typed) {
  typed = trimmed(typed);
  switch (item.predict) {
    case Predict::order:
      return parse_order(shown, typed);
    case Predict::choice:
      return item_named(shown, typed);
    case Predict::outcome:
      return parse_outcome(typed);
    case Predict::number:
      break;
  }
  if (!parse_quantity(typed)) return std::nullopt;
  return std::string(typed);
}

std::string prediction_form(const DrillItem& item, std::size_t shown) {
  switch (item.predict) {
    case Predict::order: {
      std::string example = "2 1";
      for (std::size_t i = 3; i <= shown; ++i) example += fmt::format(" {}", i);
      return "the numbers, first to last, such as " + example;
    }
    case Predict::choice:
      return "one number";
    case Predict::outcome:
      return "yes or no";
    case Predict::number:
      break;
  }
  return item.within > 0 ? fmt::format("a number; {:g} % off is near enough", item.within)
                         : "a number";
}

bool fits(const DrillItem& item, const std::string& answer) {
  switch (item.predict) {
    case Predict::order: {
      const auto steps = steps_of(answer);
      return steps.size() == item.items.size() &&
             std::ranges::is_permutation(steps, item.items);
    }
    case Predict::choice:
      return std::ranges::find(item.items, answer) != item.items.end();
    case Predict::outcome:
      return answer == "yes" || answer == "no";
    case Predict::number:
      break;
  }
  return parse_quantity(answer).has_value();
}

bool right(const DrillItem& item, const std::string& predicted,
           const std::string& answer) {
  if (item.predict == Predict::order) return steps_of(predicted) == steps_of(answer);
  if (item.predict != Predict::number) return predicted == answer;
  const auto said = parse_quantity(predicted);
  const auto was = parse_quantity(answer);
  if (!said || !was) return false;
  const auto near = [&](double one, double other) {
    return std::abs(one - other) <= std::abs(other) * (item.within / 100 + 1e-9);
  };
  // A bare number is taken in the answer's own unit, or in its base unit (bytes).
  if (near(said->base, was->base)) return true;
  return !said->has_unit && near(said->written, was->written);
}

}  // namespace runner
