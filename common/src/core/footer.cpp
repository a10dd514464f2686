#include "core/footer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lab {

namespace {

constexpr std::size_t kCurve = 40;  // columns of a curve
constexpr int kTextOfPeak = 17;     // after a curve

// 1536 bytes are "1.5 KiB"; everything else keeps its unit.
std::string quantity(double value, const std::string& unit) {
  if (unit == "bytes") {
    if (value >= 1 << 20) return fmt::format("{:.1f} MiB", value / (1 << 20));
    if (value >= 1 << 10) return fmt::format("{:.1f} KiB", value / (1 << 10));
  }
  const bool whole = value == static_cast<double>(static_cast<long long>(value));
  std::string text = whole ? fmt::format("{:.0f}", value) : fmt::format("{:.2f}", value);
  return unit.empty() ? text : text + " " + unit;
}

// The same values in at most `count` columns; each column has the largest of its share.
std::vector<double> condensed(const std::vector<double>& values, std::size_t count) {
  if (values.size() <= count) return values;
  std::vector<double> result(count, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& column = result[i * count / values.size()];
    column = std::max(column, values[i]);
  }
  return result;
}

std::string bar(double value, double most, int width) {
  const double share = most > 0 ? std::clamp(value / most, 0.0, 1.0) : 0;
  const int full = static_cast<int>(share * width + 0.5);
  std::string text;
  for (int i = 0; i < width; ++i) text += i < full ? "█" : "░";
  return text;
}

}  // namespace

Style style_of_state(const std::string& state, Style otherwise) {
  if (state == "open" || state == "failed" || state == "dead") return Style::red;
  if (state == "closed" || state == "healthy" || state == "up") return Style::green;
  if (state.starts_with("half")) return Style::yellow;
  return otherwise;
}

void Footer::counter(const Record& record) {
  const std::string name =
      record.lane.empty() ? record.name : record.lane + " " + record.name;
  Gauge& gauge = gauges_[name];
  if (gauge.unit.empty()) gauge.unit = record.text("unit");
  gauge.now = record.value;
  gauge.most = std::max(gauge.most, record.value);
  gauge.values.push_back(record.value);
  // A long scene: keep its shape, not every sample.
  if (gauge.values.size() > 8192) gauge.values = condensed(gauge.values, 4096);
}

std::string Footer::enter(const std::string& machine, const std::string& state) {
  return std::exchange(states_[machine], state);
}

void Footer::draw() {
  erase();
  const std::vector<std::string> all = lines();
  if (!all.empty()) std::fputs("\n", out_);
  for (const std::string& line : all) std::fprintf(out_, "%s\n", line.c_str());
  height_ = all.empty() ? 0 : static_cast<int>(all.size()) + 1;
  std::fflush(out_);
}

void Footer::erase() {
  for (; height_ > 0; --height_) std::fputs("\033[1A\033[2K", out_);
}

void Footer::clear() {
  erase();
  gauges_.clear();
  states_.clear();
  dials_.clear();
}

std::vector<std::string> Footer::lines() const {
  std::vector<std::string> lines;
  for (const auto& [machine, state] : states_) {
    lines.push_back(
        fmt::format("  {} {}", padded(machine, 22),
                    terminal_.styled(style_of_state(state, Style::bold), state)));
  }
  for (const auto& [name, gauge] : gauges_) {
    lines.push_back(
        fmt::format("  {} {} {}", padded(name, 22),
                    terminal_.styled(Style::cyan, bar(gauge.now, gauge.most, 24)),
                    quantity(gauge.now, gauge.unit)));
  }
  lines.insert(lines.end(), dials_.begin(), dials_.end());
  return lines;
}

std::vector<std::string> Footer::take_curves(int indent) {
  int widest = 14;
  for (const auto& [name, gauge] : gauges_) widest = std::max(widest, columns(name));
  const int room = std::max(terminal_.width() - indent - widest - kTextOfPeak, 8);
  std::vector<std::string> curves;
  for (const auto& [name, gauge] : gauges_) {
    if (gauge.values.size() < 2) continue;
    const auto curve =
        condensed(gauge.values, std::min(kCurve, static_cast<std::size_t>(room)));
    curves.push_back(
        fmt::format("{}{} {} peak {}", std::string(static_cast<std::size_t>(indent), ' '),
                    padded(name, widest), terminal_.styled(Style::cyan, sparkline(curve)),
                    quantity(gauge.most, gauge.unit)));
  }
  gauges_.clear();
  return curves;
}

}  // namespace lab
