#include "narrator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lab {

namespace {

using Kind = Record::Kind;

constexpr int kIndent = 11;         // under the clock
constexpr int kTextOfClaim = 13;    // after the mark and the id
constexpr int kSameShown = 6;       // events of one name shown in a scene
constexpr int kLinesShown = 48;     // events shown in a scene
constexpr std::size_t kCurve = 40;  // columns of a curve
constexpr int kTextOfPeak = 17;     // after a curve
constexpr double kShortSpan = 0.1;  // ms; shorter spans are counted, not printed
constexpr std::uint64_t kRedraw = 100'000'000;

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

std::string value_text(const Record::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return std::to_string(*whole);
  return fmt::format("{:.3g}", std::get<double>(value));
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

Style of_state(const std::string& state, Style lane) {
  if (state == "open" || state == "failed" || state == "dead") return Style::red;
  if (state == "closed" || state == "healthy" || state == "up") return Style::green;
  if (state.starts_with("half")) return Style::yellow;
  return lane;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string ending(const RunEnd& end, double seconds) {
  std::string text =
      fmt::format("{} of {} claims hold · {:.1f} s · {} events", end.claims - end.failed,
                  end.claims, seconds, end.events);
  if (end.claims == 0) text = fmt::format("{:.1f} s · {} events", seconds, end.events);
  if (end.dropped) text += fmt::format(" · {} more were dropped", end.dropped);
  return text;
}

}  // namespace

Narrator::Narrator(std::FILE* out, Terminal terminal, const About& about)
    : out_(out), terminal_(terminal) {
  header(about);
}

void Narrator::header(const About& about) {
  print("");
  paragraph(fmt::format(" {}  ", about.number), 5, about.question, Style::bold);
  if (!about.watch.empty()) paragraph("     ", 5, about.watch, Style::dim);
}

void Narrator::event(const Record& record) {
  if (!origin_) origin_ = record.nanoseconds;
  last_ = std::max(last_, record.nanoseconds);
  switch (record.kind) {
    case Kind::scene:
      return scene(record);
    case Kind::say:
      return paragraph(clock(record.nanoseconds), kIndent, record.name, Style::plain);
    case Kind::claim:
      return claim(record);
    case Kind::nuance:
      return paragraph(fmt::format("  {} {}  ", terminal_.styled(Style::yellow, "but"),
                                   padded(record.text("id"), 5)),
                       kTextOfClaim, record.name, Style::yellow);
    case Kind::table:
      return table(record);
    case Kind::instant:
      return instant(record);
    case Kind::begin:
      spans_[record.id] = {record.name, record.lane, record.nanoseconds};
      return;
    case Kind::end:
      return finish_span(record);
    case Kind::state:
      return state(record);
    case Kind::counter:
      return counter(record);
    case Kind::flow_out:
    case Kind::flow_in:
    case Kind::queued:
    case Kind::taken:
      return;  // pictures of the timeline
  }
}

void Narrator::tick(std::uint64_t nanoseconds) {
  if (!terminal_.interactive() || nanoseconds - drawn_ < kRedraw) return;
  drawn_ = nanoseconds;
  erase_footer();
  draw_footer();
}

void Narrator::knob(const std::string& name, const std::string& value,
                    const std::string& refused) {
  if (refused.empty()) {
    print(
        terminal_.styled(Style::magenta, fmt::format("    knob   {} = {}", name, value)));
  } else {
    print(terminal_.styled(Style::red,
                           fmt::format("    knob   {}: {}", name, printable(refused))));
  }
}

void Narrator::end(const RunEnd& end) {
  finish_scene();
  erase_footer();
  dials_.clear();
  print("");
  const double seconds = static_cast<double>(last_ - origin_) / 1e9;
  const bool good = end.exit_code == 0;
  if (end.killed_by && !end.stopped) {
    print(terminal_.styled(Style::red,
                           fmt::format("  the lab was killed by signal {}; above is "
                                       "all it had told until then",
                                       end.killed_by)));
  }
  const std::string mark = good ? terminal_.styled(Style::green, "✔")
                                : terminal_.styled(Style::red, end.stopped ? "■" : "✘");
  print(fmt::format("  {} {}{}", mark, end.stopped ? "stopped · " : "",
                    ending(end, seconds)));
  std::fflush(out_);
}

void Narrator::scene(const Record& record) {
  finish_scene();
  scene_ = record.name;
  print("");
  const int rule = std::min(terminal_.width(), 100) - 6 - columns(record.name);
  std::string line = "── ";
  std::string rest = " ";
  for (int i = 0; i < rule; ++i) rest += "─";
  print(terminal_.styled(Style::dim, line) + terminal_.styled(Style::bold, record.name) +
        terminal_.styled(Style::dim, rest));
}

void Narrator::finish_scene() {
  int widest = 14;
  for (const auto& [name, gauge] : gauges_) widest = std::max(widest, columns(name));
  for (const auto& [name, gauge] : gauges_) {
    if (gauge.values.size() < 2) continue;
    const int room = terminal_.width() - kIndent - widest - kTextOfPeak;
    const auto curve = condensed(
        gauge.values, std::min(kCurve, static_cast<std::size_t>(std::max(room, 8))));
    print(fmt::format("{}{} {} peak {}", std::string(kIndent, ' '), padded(name, widest),
                      terminal_.styled(Style::cyan, sparkline(curve)),
                      quantity(gauge.most, gauge.unit)));
  }
  int hidden = 0;
  std::vector<std::pair<std::string, int>> most(hidden_.begin(), hidden_.end());
  std::ranges::sort(most, std::greater{}, &std::pair<std::string, int>::second);
  std::string names;
  for (const auto& [name, count] : most) {
    hidden += count;
    if (names.size() < 40) {
      names += fmt::format("{}{} × {}", names.empty() ? "" : ", ", count, name);
    }
  }
  if (hidden) {
    paragraph(std::string(kIndent, ' '), kIndent,
              fmt::format("… and {} more events: {} (all of them: --trace FILE)", hidden,
                          names),
              Style::dim);
  }
  gauges_.clear();
  shown_.clear();
  hidden_.clear();
  lines_ = 0;
}

bool Narrator::may_show(const std::string& what) {
  if (lines_ < kLinesShown && shown_[what] < kSameShown) {
    ++shown_[what];
    ++lines_;
    return true;
  }
  ++hidden_[what];
  return false;
}

void Narrator::instant(const Record& record) {
  std::string values;
  for (const auto& [key, value] : record.args) {
    values += fmt::format("  {} {}", key, printable(value_text(value)));
  }
  happened(record, record.lane, "•",
           printable(record.name) + terminal_.styled(Style::dim, values));
}

void Narrator::finish_span(const Record& record) {
  const auto found = spans_.find(record.link);
  if (found == spans_.end()) return;
  const Span span = found->second;
  spans_.erase(found);
  Record named = record;
  named.name = span.name;
  const double ms = static_cast<double>(record.nanoseconds - span.began) / 1e6;
  if (ms < kShortSpan) {
    ++hidden_["spans under 0.1 ms"];
    return;
  }
  happened(named, span.lane, "▬",
           printable(span.name) +
               terminal_.styled(Style::dim, fmt::format("  {:.3f} ms", ms)));
}

void Narrator::state(const Record& record) {
  std::string& current = states_[record.lane];
  const std::string before = current;
  current = record.name;
  Record named = record;
  named.name = before + record.name;
  const Style style = of_state(record.name, Style::bold);
  const std::string arrow =
      before.empty() ? "" : terminal_.styled(Style::dim, before + " → ");
  happened(named, record.lane, terminal_.styled(style, "■"),
           arrow + terminal_.styled(style, record.name));
}

void Narrator::counter(const Record& record) {
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

void Narrator::claim(const Record& record) {
  bool holds = false;
  for (const auto& [key, value] : record.args) {
    if (key == "holds") holds = std::get<bool>(value);
  }
  const std::string mark =
      holds ? terminal_.styled(Style::green, "✔") : terminal_.styled(Style::red, "✘");
  paragraph(fmt::format("    {} {}  ", mark, padded(record.text("id"), 5)), kTextOfClaim,
            record.name, holds ? Style::green : Style::red);
  paragraph(std::string(kTextOfClaim, ' '), kTextOfClaim, record.text("evidence"),
            Style::dim);
}

void Narrator::table(const Record& record) {
  std::vector<std::vector<std::string>> rows{split(record.text("columns"), '\x1f')};
  for (const std::string& row : split(record.text("rows"), '\x1e')) {
    rows.push_back(split(row, '\x1f'));
  }
  std::vector<int> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], columns(row[i]));
    }
  }
  const std::string indent(kIndent, ' ');
  print("");
  print(indent + terminal_.styled(Style::bold, record.name));
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      line += padded(printable(row[i]), widths[i]) + (i + 1 < widths.size() ? "  " : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    const bool head = &row == &rows.front();
    print(indent + terminal_.styled(head ? Style::dim : Style::plain, line));
  }
}

void Narrator::happened(const Record& at, const std::string& lane,
                        const std::string& mark, const std::string& text) {
  if (!may_show(lane.empty() ? at.name : lane + " " + at.name)) return;
  print(fmt::format("{}{} {} {}", clock(at.nanoseconds), lane_label(lane), mark, text));
}

std::string Narrator::lane_label(const std::string& lane) {
  static constexpr std::array<Style, 5> kStyles = {
      Style::cyan, Style::blue, Style::magenta, Style::yellow, Style::green};
  if (lane.empty()) return std::string(10, ' ');
  const auto [at, isNew] =
      lanes_.try_emplace(lane, kStyles[lanes_.size() % kStyles.size()]);
  return terminal_.styled(at->second, padded(lane, 10));
}

std::string Narrator::clock(std::uint64_t nanoseconds) {
  const std::uint64_t since = nanoseconds > origin_ ? nanoseconds - origin_ : 0;
  const std::string text = fmt::format("{:>9.1f}  ", static_cast<double>(since) / 1e6);
  return terminal_.styled(Style::dim, text);
}

void Narrator::paragraph(const std::string& lead, int indent, std::string_view text,
                         Style style) {
  bool first = true;
  for (const std::string& line : terminal_.wrapped(printable(text), indent)) {
    print((first ? lead : std::string(static_cast<std::size_t>(indent), ' ')) +
          terminal_.styled(style, line));
    first = false;
  }
}

void Narrator::print(const std::string& line) {
  erase_footer();
  std::fprintf(out_, "%s\n", line.c_str());
}

void Narrator::erase_footer() {
  for (; footer_height_ > 0; --footer_height_) std::fputs("\033[1A\033[2K", out_);
}

std::vector<std::string> Narrator::footer_lines() const {
  std::vector<std::string> lines;
  for (const auto& [machine, state] : states_) {
    lines.push_back(fmt::format("  {} {}", padded(machine, 22),
                                terminal_.styled(of_state(state, Style::bold), state)));
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

void Narrator::draw_footer() {
  if (scene_.empty()) return;
  const std::vector<std::string> lines = footer_lines();
  if (!lines.empty()) std::fputs("\n", out_);
  for (const std::string& line : lines) std::fprintf(out_, "%s\n", line.c_str());
  footer_height_ = lines.empty() ? 0 : static_cast<int>(lines.size()) + 1;
  std::fflush(out_);
}

}  // namespace lab
