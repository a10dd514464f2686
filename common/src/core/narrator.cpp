#include "core/narrator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace lab {

namespace {

using Kind = Record::Kind;

constexpr int kIndent = 11;         // under the clock
constexpr int kTextOfClaim = 13;    // after the mark and the id
constexpr int kLane = 10;           // columns of a lane's name, and of the longest in a
constexpr int kWidestLane = 24;     // scene; a name beyond that moves its own line only
constexpr int kSameShown = 6;       // events of one name shown in a scene
constexpr int kLinesShown = 48;     // events shown in a scene
constexpr int kBelow = 2;           // lines under a scene: the question what comes next
constexpr double kShortSpan = 0.1;  // ms; shorter spans are counted, not printed
constexpr std::uint64_t kRedraw = 100'000'000;

std::string value_text(const Record::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return std::to_string(*whole);
  return fmt::format("{:.3g}", std::get<double>(value));
}

std::string ending(const RunEnd& end, double seconds) {
  std::string text =
      fmt::format("{} of {} claims hold · {:.1f} s · {} events", end.claims - end.failed,
                  end.claims, seconds, end.events);
  if (end.claims == 0) text = fmt::format("{:.1f} s · {} events", seconds, end.events);
  if (end.dropped) text += fmt::format(" · {} more were dropped", end.dropped);
  return text;
}

// The names that feed a picture.
std::vector<std::string> feeds_of(const Record& picture) {
  const auto feeds = cells(picture.text("feeds"));
  return feeds.empty() ? std::vector<std::string>{} : feeds[0];
}

bool draws_lanes(const Record& picture) {
  for (const Picture kind :
       {Picture::sequence, Picture::machine, Picture::slots, Picture::strips})
    if (picture.name == to_string(kind)) return true;
  return false;
}

}  // namespace

Narrator::Narrator(std::FILE* out, Terminal terminal, const About& about, Telling telling)
    : out_(out),
      terminal_(terminal),
      brief_(telling != Telling::full && terminal.interactive()),
      holds_(telling == Telling::brief && terminal.interactive()),
      footer_(out, terminal) {
  header(about);
}

void Narrator::header(const About& about) {
  print("");
  paragraph(fmt::format(" {}  ", about.number), 5, about.question, Style::bold);
  if (!about.watch.empty()) paragraph("     ", 5, about.watch, Style::dim);
}

void Narrator::event(const Record& raw) {
  Record record = raw;
  record.name = printable(raw.name);
  record.lane = printable(raw.lane);
  if (record.kind == Kind::scene) return scene(record);
  if (!origin_) origin_ = record.nanoseconds;
  last_ = std::max(last_, record.nanoseconds);
  switch (record.kind) {
    case Kind::scene:
      return;
    case Kind::say:
      return tell(Part::whole, clock(record.nanoseconds), kIndent, record.name,
                  Style::plain);
    case Kind::claim:
      return claim(record);
    case Kind::nuance:
      return tell(Part::nuance,
                  fmt::format("  {} {}  ", terminal_.styled(Style::yellow, "but"),
                              padded(printable(record.text("id")), 5)),
                  kTextOfClaim, record.name, Style::yellow);
    case Kind::table:
      return table(record);
    case Kind::takeaway:
      return tell(Part::whole, "      so  ", kIndent - 1, record.name, Style::bold);
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
      return footer_.counter(record);
    case Kind::flow_out:
    case Kind::flow_in:
    case Kind::queued:
    case Kind::taken:
    case Kind::actor:
      return;  // for pictures
    case Kind::picture:
      return picture(record);
  }
}

// It comes before the events, so the column of the lanes is wide enough from the first one.
void Narrator::picture(const Record& record) {
  const bool is_tree = record.name == to_string(Picture::tree);
  if (!is_tree && !draws_lanes(record)) return;
  for (const std::string& feed : feeds_of(record)) {
    if (!is_tree) make_room(printable(feed));
    if (is_tree && tree_.empty()) tree_ = feed;
  }
}

void Narrator::tick(std::uint64_t nanoseconds) {
  if (!terminal_.interactive() || asks_ || nanoseconds - drawn_ < kRedraw) return;
  drawn_ = nanoseconds;
  if (!scene_.empty()) footer_.draw();
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
  footer_.clear();
  print("");
  const double seconds = static_cast<double>(played_) / 1e9;
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
  if (brief_ && good && !scene_.empty()) remember();
  std::fflush(out_);
}

// The sentences of the lab's page that are worth most in an interview, a line each: `./lab run`
// hands them over.
void Narrator::remember() {
  const char* const sentences = std::getenv("LAB_REMEMBER");
  if (!sentences || !*sentences) return;
  print("");
  print(terminal_.styled(Style::bold, "  Remember"));
  std::istringstream lines{sentences};
  for (std::string line; std::getline(lines, line);)
    paragraph("  · ", 4, printable(line), Style::plain);
}

void Narrator::scene(const Record& record) {
  finish_scene();
  scene_ = record.name;
  origin_ = last_ = record.nanoseconds;
  print("");
  const int rule = std::min(terminal_.width(), 100) - 6 - columns(record.name);
  std::string line = "── ";
  std::string rest = " ";
  for (int i = 0; i < rule; ++i) rest += "─";
  print(terminal_.styled(Style::dim, line) + terminal_.styled(Style::bold, record.name) +
        terminal_.styled(Style::dim, rest));
  told_ = 1;
  lane_columns_ = kLane;
}

void Narrator::ask(std::string_view next, std::size_t number, std::size_t scenes) {
  finish_scene();
  footer_.erase();
  const std::string end = fmt::format(" ({} of {})   a: all   q: quit", number, scenes);
  std::string text = "  Enter: " + printable(next);
  // It must not wrap: only one line is cleared away again.
  const int room = terminal_.width() - 1 - columns(end);
  if (columns(text) > room) text = shortened(std::move(text), room);
  text += end;
  std::fprintf(out_, "\n%s", terminal_.styled(Style::dim, text).c_str());
  std::fflush(out_);
  asks_ = true;
}

void Narrator::go_on() {
  if (std::exchange(asks_, false)) std::fputs("\r\033[2K\033[1A", out_);
}

void Narrator::finish_scene() {
  go_on();
  played_ += last_ - origin_;
  origin_ = last_;
  Block curves{.part = Part::curves, .rows = {}};
  for (const std::string& curve : footer_.take_curves(kIndent))
    curves.rows.push_back({{curve}});
  curves.shown = static_cast<int>(std::ssize(curves.rows));
  tell(std::move(curves));
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
  const std::string events = fmt::format("{} event{}", hidden, hidden == 1 ? "" : "s");
  if (brief_) {
    const int cut = show_held(hidden ? 1 : 0);
    const std::string lines =
        cut ? fmt::format("{} more line{}", cut, cut == 1 ? "" : "s") : "";
    if (hidden || cut) {
      paragraph(std::string(kIndent, ' '), kIndent,
                fmt::format("({}{}{}; -v shows them)", lines,
                            hidden && cut ? " and " : "", hidden ? events : ""),
                Style::dim);
    }
  } else if (hidden) {
    paragraph(std::string(kIndent, ' '), kIndent,
              fmt::format("… and {} more event{}: {} (all of them: --trace FILE)", hidden,
                          hidden == 1 ? "" : "s", names),
              Style::dim);
  }
  shown_.clear();
  hidden_.clear();
  lines_ = 0;
  tables_ = 0;
  tree_.clear();
  told_ = 0;
}

// What was held back of the scene, with room for this many lines below. Returns how many lines
// had to be left out; a line that says so has room as well. A blank line goes first, unsaid.
int Narrator::show_held(int below) {
  const int room = terminal_.height() - kBelow - told_;
  if (height(held_) > room - below)
    std::erase_if(held_, [](const Block& block) { return block.part == Part::gap; });
  const int all = height(held_);
  if (all > room - below) fit(held_, room - 1);
  const int cut = std::max(0, all - height(held_));
  for (const Block& block : held_) show(block);
  held_.clear();
  return cut;
}

bool Narrator::may_show(const std::string& what) {
  if (!brief_ && lines_ < kLinesShown && shown_[what] < kSameShown) {
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
  happened(record, record.lane, "•", record.name + terminal_.styled(Style::dim, values));
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
           span.name + terminal_.styled(Style::dim, fmt::format("  {:.3f} ms", ms)));
}

void Narrator::state(const Record& record) {
  const std::string before = footer_.enter(record.lane, record.name);
  Record named = record;
  const Style style = style_of_state(record.name, Style::bold);
  const std::string from = before.empty() ? "" : before + " → ";
  named.name = from + record.name;
  happened(named, record.lane, terminal_.styled(style, "■"),
           terminal_.styled(Style::dim, from) + terminal_.styled(style, record.name));
}

void Narrator::claim(const Record& record) {
  bool holds = false;
  for (const auto& [key, value] : record.args) {
    if (key == "holds") holds = std::get<bool>(value);
  }
  const std::string mark =
      holds ? terminal_.styled(Style::green, "✔") : terminal_.styled(Style::red, "✘");
  tell(Part::whole,
       fmt::format("    {} {}  ", mark, padded(printable(record.text("id")), 5)),
       kTextOfClaim, record.name, holds ? Style::green : Style::red);
  tell(holds ? Part::evidence : Part::whole, std::string(kTextOfClaim, ' '), kTextOfClaim,
       printable(record.text("evidence")), Style::dim);
}

// A tree needs its table row by row, each with its parent. Behind another table it says
// nothing new to a reader, so only -v shows it.
void Narrator::table(const Record& record) {
  const bool is_first = tables_++ == 0;
  if (brief_ && !is_first && record.name == tree_) return;
  if (is_first) tell({.part = Part::gap, .rows = {{Line{}}}});
  tell(table_block(is_first ? Part::table : Part::later_table, record, kIndent,
                   terminal_));
}

void Narrator::tell(Part part, const std::string& lead, int indent, std::string_view text,
                    Style style) {
  tell(text_block(part, lead, indent, text, style, terminal_));
}

// The story begins at once. What comes from the first table or claim on waits for the scene's
// end: only then is it known what fits the screen.
void Narrator::tell(Block block) {
  if (holds_ && (block.part != Part::whole || !held_.empty())) {
    held_.push_back(std::move(block));
  } else {
    show(block);
  }
}

void Narrator::show(const Block& block) {
  for (const std::string& line : lines(block, terminal_)) print(line);
  told_ += height({block});
}

void Narrator::happened(const Record& at, const std::string& lane,
                        const std::string& mark, const std::string& text) {
  if (!may_show(lane.empty() ? at.name : lane + " " + at.name)) return;
  print(fmt::format("{}{} {} {}", clock(at.nanoseconds), lane_label(lane), mark, text));
}

std::string Narrator::lane_label(const std::string& lane) {
  static constexpr std::array<Style, 5> kStyles = {
      Style::cyan, Style::blue, Style::magenta, Style::yellow, Style::green};
  make_room(lane);
  if (lane.empty()) return std::string(static_cast<std::size_t>(lane_columns_), ' ');
  const auto [at, isNew] =
      lanes_.try_emplace(lane, kStyles[lanes_.size() % kStyles.size()]);
  return terminal_.styled(at->second, padded(lane, lane_columns_));
}

// So that the marks behind the lanes stand below each other.
void Narrator::make_room(const std::string& lane) {
  if (columns(lane) <= kWidestLane)
    lane_columns_ = std::max(lane_columns_, columns(lane));
}

std::string Narrator::clock(std::uint64_t nanoseconds) {
  const std::uint64_t since = nanoseconds > origin_ ? nanoseconds - origin_ : 0;
  const std::string text = fmt::format("{:>9.1f}  ", static_cast<double>(since) / 1e6);
  return terminal_.styled(Style::dim, text);
}

void Narrator::paragraph(const std::string& lead, int indent, std::string_view text,
                         Style style) {
  bool first = true;
  for (const std::string& line : terminal_.wrapped(text, indent)) {
    print((first ? lead : std::string(static_cast<std::size_t>(indent), ' ')) +
          terminal_.styled(style, line));
    first = false;
  }
}

void Narrator::print(const std::string& line) {
  footer_.erase();
  std::fprintf(out_, "%s\n", line.c_str());
}

}  // namespace lab
