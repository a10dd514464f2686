#include "core/dials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace lab {

namespace {

constexpr std::size_t kLongestLine = 4096;

// What a person would expect of one key press: a twentieth of the range, or one choice.
double step(const KnobSpec& knob) {
  if (!knob.choices.empty() || knob.is_switch) return 1;
  const double twentieth = (knob.most - knob.least) / 20;
  return knob.whole ? std::max(1.0, std::round(twentieth)) : twentieth;
}

}  // namespace

Dials::Dials(std::span<const KnobSpec> knobs, std::span<std::atomic<double>> values,
             OnTurn on_turn)
    : knobs_(knobs), values_(values), on_turn_(std::move(on_turn)) {
}

bool Dials::keys(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == 'q' || bytes[i] == 'Q') return false;
    if (bytes.substr(i, 2) != "\033[" || i + 2 >= bytes.size() || knobs_.empty())
      continue;
    i += 2;
    if (bytes[i] == 'A') chosen_ = (chosen_ + knobs_.size() - 1) % knobs_.size();
    if (bytes[i] == 'B') chosen_ = (chosen_ + 1) % knobs_.size();
    if (bytes[i] == 'C') nudge(+1);
    if (bytes[i] == 'D') nudge(-1);
  }
  return true;
}

void Dials::nudge(int direction) {
  const KnobSpec& knob = knobs_[chosen_];
  const double most = knob.choices.empty() ? (knob.is_switch ? 1 : knob.most)
                                           : static_cast<double>(knob.choices.size() - 1);
  const double least = knob.choices.empty() && !knob.is_switch ? knob.least : 0;
  const double value = values_[chosen_].load(std::memory_order_relaxed);
  set(chosen_, std::clamp(value + direction * step(knob), least, most));
}

void Dials::set(std::size_t knob, double value) {
  values_[knob].store(value, std::memory_order_relaxed);
  on_turn_(knobs_[knob].name, knob_text(knobs_[knob], value), "");
}

void Dials::json(std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == '\n') {
      if (too_long_) on_turn_("?", "", "a line over 4096 bytes was skipped");
      if (!too_long_ && !pending_.empty()) json_line(pending_);
      pending_.clear();
      too_long_ = false;
    } else if (pending_.size() < kLongestLine) {
      pending_ += byte;
    } else {
      too_long_ = true;
    }
  }
}

void Dials::json_line(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  const bool shaped = json.is_object() && json.contains("knob") &&
                      json["knob"].is_string() && json.contains("value");
  if (!shaped) {
    return on_turn_("?", "", R"(not a line like {"knob":"rate","value":5})");
  }
  const std::string name = json["knob"];
  const auto found = std::ranges::find(knobs_, name, &KnobSpec::name);
  if (found == knobs_.end())
    return on_turn_(printable(name), "", "there is no such knob");
  const auto& value = json["value"];
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  try {
    set(static_cast<std::size_t>(found - knobs_.begin()), knob_value(*found, text));
  } catch (const std::invalid_argument& error) {
    on_turn_(name, text, error.what());
  }
}

std::vector<std::string> Dials::lines(const Terminal& terminal) const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < knobs_.size(); ++i) {
    const bool chosen = i == chosen_;
    const std::string value =
        knob_text(knobs_[i], values_[i].load(std::memory_order_relaxed));
    lines.push_back(terminal.styled(chosen ? Style::bold : Style::dim,
                                    fmt::format("  {} {} {}", chosen ? "▸" : " ",
                                                padded(knobs_[i].name, 22), value)));
  }
  lines.push_back(terminal.styled(Style::dim, "    ↑ ↓ choose   ← → turn   q stop"));
  return lines;
}

}  // namespace lab
