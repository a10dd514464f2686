#include "peers/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <utility>

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Contestant::Kind;
using lab::Style;

std::string figure(double value) {  // three digits that mean something
  return fmt::format("{:.{}f}", value, value >= 100 ? 0 : 1);
}

// By the clock that is not the case's.
std::vector<double> other(const Contest& contest, const Standing& one) {
  return contest.of.clock == Case::Clock::cpu ? one.wall_ns() : one.cpu_ns();
}

std::string other_clock(const Case& of) {
  if (of.unit == Case::Unit::bytes) return "";
  const std::string clock = of.clock == Case::Clock::cpu ? "wall" : "CPU";
  return of.unit == Case::Unit::per_second ? "per " + clock + " s" : clock;
}

std::string other_figure(const Contest& contest, const Standing& one) {
  if (contest.of.unit == Case::Unit::bytes) return "";
  return figure(shown(contest.of.unit, median(other(contest, one))));
}

std::string times(double ratio) {
  return fmt::format("{:.{}f}", ratio, ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2);
}

std::string interval_text(const Interval& interval) {
  if (interval.says_nothing()) return "no difference";
  return fmt::format("× {} ({} to {})", times(interval.middle), times(interval.low),
                     times(interval.high));
}

std::string compared(const Contest& contest, const Standing& one) {
  std::string text;
  if (one.who.kind == Kind::limit) text = "limit";
  if (const auto interval = contest.beside_ours(one); one.who.kind == Kind::peer) {
    text = interval ? interval_text(*interval) : "";
  }
  const std::vector<double> slow = one.p99_ns();
  if (slow.empty()) return text;
  return fmt::format("{}{}p99 {:.0f} µs", text, text.empty() ? "" : ", ",
                     median(slow) / 1000);
}

std::string row(const Contest& contest, const Standing& one, int names) {
  const std::string lead = "  " + lab::padded(titled(one), names) + "  ";
  if (!one.missing.empty()) return lead + one.missing + "\n";
  std::string text = lead + lab::padded(figures(contest.of.unit, contest.ns(one)), 22) +
                     lab::padded(other_figure(contest, one), 11) + compared(contest, one);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string goal_sentence(const Contest& contest, const Reached& reached) {
  const Goal& goal = reached.goal;
  const auto beyond = [&](const std::string& name) {
    if (goal.by_p99) return name + "'s slowest hundredth";
    return contest.standing(name).who.beyond.empty() ? name
                                                     : name + " beyond its bare call";
  };
  if (goal.under_ns > 0) {
    return fmt::format("goal: {} under {:g} ns; it is {:.1f}", beyond(goal.of),
                       goal.under_ns, reached.value.middle);
  }
  return fmt::format("goal: {} at least {:g} × {}; it is × {} ({} to {})",
                     beyond(goal.of), goal.at_least, beyond(goal.over),
                     times(reached.value.middle), times(reached.value.low),
                     times(reached.value.high));
}

std::string goal_text(const Contest& contest, const Goal& goal,
                      const lab::Terminal& terminal) {
  const auto reached = contest.reached(goal);
  if (!reached) return "";
  const std::string mark = !reached->sure() ? terminal.styled(Style::yellow, "?")
                           : reached->met() ? terminal.styled(Style::green, "✔")
                                            : terminal.styled(Style::red, "✘");
  const std::string sentence =
      goal_sentence(contest, *reached) + (reached->sure() ? "" : ", too wide to tell");
  std::string text, lead = "  " + mark + " ";
  for (const std::string& line : terminal.wrapped(sentence, 4)) {
    text += std::exchange(lead, "    ") + line + "\n";
  }
  return text;
}

const char* word(Case::Unit unit) {
  switch (unit) {
    case Case::Unit::ns:
      return "ns";
    case Case::Unit::us:
      return "us";
    case Case::Unit::ms:
      return "ms";
    case Case::Unit::per_second:
      return "1/s";
    case Case::Unit::bytes:
      return "bytes";
  }
  return "";
}

const char* word(Kind kind) {
  return kind == Kind::ours ? "ours" : kind == Kind::peer ? "peer" : "limit";
}

Json json_of(const Interval& interval) {
  return {{"low", interval.low}, {"middle", interval.middle}, {"high", interval.high}};
}

Json json_of(const Contest& contest, const Standing& one) {
  Json json = {{"name", one.who.name}, {"kind", word(one.who.kind)}};
  if (!one.version.empty()) json["version"] = one.version;
  if (!one.missing.empty()) {
    json["missing"] = one.missing;
    return json;
  }
  json["median_ns"] = median(contest.ns(one));
  json["half_spread_ns"] = half_spread(contest.ns(one));
  json["median_cpu_ns"] = median(one.cpu_ns());
  json["median_wall_ns"] = median(one.wall_ns());
  if (const auto slow = one.p99_ns(); !slow.empty()) json["p99_ns"] = median(slow);
  json["rounds_ns"] = contest.ns(one);
  const auto interval = contest.beside_ours(one);
  if (one.who.kind == Kind::peer && interval) json["beside_ours"] = json_of(*interval);
  return json;
}

Json json_of(const Reached& reached) {
  const Goal& goal = reached.goal;
  Json json = {{"of", goal.of}, {"met", reached.met()}, {"sure", reached.sure()}};
  if (goal.under_ns > 0) {
    json["under_ns"] = goal.under_ns;
    json["ns"] = json_of(reached.value);
    return json;
  }
  json["over"] = goal.over;
  json["at_least"] = goal.at_least;
  json["by"] = goal.by_p99 ? "p99" : "time";
  json["ratio"] = json_of(reached.value);
  return json;
}

Json json_of(const Contest& contest) {
  Json json = {{"name", contest.of.name},
               {"operation", contest.of.operation},
               {"unit", word(contest.of.unit)},
               {"clock", contest.of.clock == Case::Clock::cpu ? "cpu" : "wall"},
               {"contestants", Json::array()},
               {"goals", Json::array()}};
  for (const Standing& one : contest.standings) {
    json["contestants"].push_back(json_of(contest, one));
  }
  for (const Goal& goal : contest.of.goals) {
    if (const auto reached = contest.reached(goal)) {
      json["goals"].push_back(json_of(*reached));
    }
  }
  return json;
}

std::string line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  }
  return "unknown";
}

}  // namespace

Machine Machine::here() {
  Machine machine;
  machine.cores = static_cast<int>(std::thread::hardware_concurrency());
  machine.cpu = cpu_model();
  machine.governor = line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::istringstream(line_of("/proc/loadavg")) >> machine.load;
  return machine;
}

double shown(Case::Unit unit, double ns) {
  switch (unit) {
    case Case::Unit::ns:
    case Case::Unit::bytes:
      return ns;
    case Case::Unit::us:
      return ns / 1e3;
    case Case::Unit::ms:
      return ns / 1e6;
    case Case::Unit::per_second:
      return 1e9 / ns;
  }
  return ns;
}

std::string figures(Case::Unit unit, const std::vector<double>& ns) {
  std::vector<double> values;
  for (const double one : ns) values.push_back(shown(unit, one));
  return fmt::format("{} ± {}", figure(median(values)), figure(half_spread(values)));
}

std::string measured_in(const Case& of) {
  const char* clock = of.clock == Case::Clock::cpu ? "CPU" : "wall";
  if (of.unit == Case::Unit::per_second) {
    std::string noun = of.operation.substr(of.operation.find(' ') + 1);
    if (noun.ends_with('y')) noun.replace(noun.size() - 1, 1, "ie");
    return noun + (of.clock == Case::Clock::cpu ? "s a CPU second" : "s a second");
  }
  if (of.unit == Case::Unit::bytes) return "bytes " + of.operation;
  return fmt::format("{} {}, {}", of.unit == Case::Unit::us ? "µs" : word(of.unit),
                     of.operation, clock);
}

std::string titled(const Standing& one) {
  return one.version.empty() ? one.who.name : one.who.name + " " + one.version;
}

std::string contest_text(const Contest& contest, const lab::Terminal& terminal) {
  int names = 0;
  for (const Standing& one : contest.standings) {
    names = std::max(names, lab::columns(titled(one)));
  }
  std::string text = "\n" + terminal.styled(Style::bold, contest.of.name) + "\n";
  text += terminal.styled(Style::dim, "  " + lab::padded("", names) + "  " +
                                          lab::padded(measured_in(contest.of), 22) +
                                          lab::padded(other_clock(contest.of), 11) +
                                          "beside ours\n");
  for (const Standing& one : contest.standings) {
    const std::string line = row(contest, one, names);
    text += one.who.kind == Kind::ours ? terminal.styled(Style::bold, line) : line;
  }
  for (const Goal& goal : contest.of.goals) text += goal_text(contest, goal, terminal);
  return text;
}

std::string contests_json(const std::string& lab, const Machine& machine,
                          const std::vector<Contest>& contests) {
  Json json = {{"schema", "underloop/peers/1"},
               {"lab", lab},
               {"machine",
                {{"cores", machine.cores},
                 {"cpu", machine.cpu},
                 {"governor", machine.governor},
                 {"load", machine.load},
                 {"busy", machine.busy()}}},
               {"cases", Json::array()}};
  for (const Contest& contest : contests) json["cases"].push_back(json_of(contest));
  return json.dump(2) + "\n";
}

}  // namespace runner
