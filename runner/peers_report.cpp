#include "peers_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Contestant::Kind;
using lab::Style;

// What is shown of a time per operation: itself, or how many go into a second.
double shown(Case::Unit unit, double ns) {
  return unit == Case::Unit::ns ? ns : 1e9 / ns;
}

std::string figure(double value) {  // three digits that mean something
  return fmt::format("{:.{}f}", value, value >= 100 ? 0 : 1);
}

std::string figures(Case::Unit unit, const std::vector<double>& ns) {
  std::vector<double> values;
  for (const double one : ns) values.push_back(shown(unit, one));
  return fmt::format("{} ± {}", figure(median(values)), figure(half_spread(values)));
}

// By the clock that is not the case's.
std::vector<double> other(const Contest& contest, const Standing& one) {
  return contest.of.clock == Case::Clock::cpu ? one.wall_ns() : one.cpu_ns();
}

std::string measured_in(const Case& of) {
  const char* clock = of.clock == Case::Clock::cpu ? "CPU" : "wall";
  return of.unit == Case::Unit::ns ? fmt::format("ns {}, {}", of.operation, clock)
                                   : fmt::format("{}s a second", of.operation);
}

std::string times(double ratio) {
  return fmt::format("{:.{}f}", ratio, ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2);
}

std::string interval_text(const Interval& interval) {
  if (interval.says_nothing()) return "no difference";
  return fmt::format("× {} ({} to {})", times(interval.middle), times(interval.low),
                     times(interval.high));
}

std::string titled(const Standing& one) {
  return one.version.empty() ? one.who.name : one.who.name + " " + one.version;
}

std::string compared(const Contest& contest, const Standing& one) {
  if (one.who.kind == Kind::ours) return "";
  if (one.who.kind == Kind::limit) return "limit";
  const auto interval = contest.beside_ours(one);
  return interval ? interval_text(*interval) : "";
}

std::string row(const Contest& contest, const Standing& one, int names) {
  const std::string lead = "  " + lab::padded(titled(one), names) + "  ";
  if (!one.missing.empty()) return lead + one.missing + "\n";
  std::string text =
      lead + lab::padded(figures(contest.of.unit, contest.ns(one)), 18) +
      lab::padded(figure(shown(contest.of.unit, median(other(contest, one)))), 10) +
      compared(contest, one);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string goal_text(const Contest& contest, const Goal& goal,
                      const lab::Terminal& terminal) {
  const auto reached = contest.reached(goal);
  if (!reached) return "";
  const auto beyond = [&](const std::string& name) {
    return contest.standing(name).who.beyond.empty() ? name
                                                     : name + " beyond its bare call";
  };
  const std::string sentence =
      fmt::format("goal: {} at least {:g} × {}; it is × {}", beyond(goal.of),
                  goal.at_least, beyond(goal.over), times(reached->ratio.middle));
  const std::string mark = reached->met() ? "✔" : "✘";
  std::string text;
  bool first = true;
  for (const std::string& line : terminal.wrapped(sentence, 4)) {
    text +=
        (first
             ? "  " + terminal.styled(reached->met() ? Style::green : Style::red, mark) +
                   " "
             : "    ") +
        line + "\n";
    first = false;
  }
  return text;
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
  if (one.rounds.front().p99_ns) {
    std::vector<double> all;
    for (const Round& round : one.rounds) all.push_back(round.p99_ns.value_or(0));
    json["p99_ns"] = median(all);
  }
  json["rounds_ns"] = contest.ns(one);
  const auto interval = contest.beside_ours(one);
  if (one.who.kind == Kind::peer && interval) json["beside_ours"] = json_of(*interval);
  return json;
}

Json json_of(const Contest& contest) {
  Json json = {{"name", contest.of.name},
               {"operation", contest.of.operation},
               {"unit", contest.of.unit == Case::Unit::ns ? "ns" : "1/s"},
               {"clock", contest.of.clock == Case::Clock::cpu ? "cpu" : "wall"},
               {"contestants", Json::array()},
               {"goals", Json::array()}};
  for (const Standing& one : contest.standings) {
    json["contestants"].push_back(json_of(contest, one));
  }
  for (const Goal& goal : contest.of.goals) {
    if (const auto reached = contest.reached(goal)) {
      json["goals"].push_back({{"of", goal.of},
                               {"over", goal.over},
                               {"at_least", goal.at_least},
                               {"ratio", json_of(reached->ratio)},
                               {"met", reached->met()}});
    }
  }
  return json;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char byte : text) {
    if (byte == '<')
      safe += "&lt;";
    else if (byte == '>')
      safe += "&gt;";
    else if (byte == '&')
      safe += "&amp;";
    else
      safe += byte;
  }
  return safe;
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

// One picture's measures, in pixels.
constexpr int kNames = 210, kBars = 430, kRow = 22, kWide = kNames + kBars + 160;

struct Axis {
  double least, most;
  double at(double value) const {
    return kBars * std::max(0.01, (std::log10(value) - least) / (most - least));
  }
};

Axis axis_of(const Contest& contest) {
  double least = 1e300, most = 0;
  for (const Standing& one : contest.standings) {
    if (one.rounds.empty()) continue;
    const double value = shown(contest.of.unit, median(contest.ns(one)));
    least = std::min(least, value);
    most = std::max(most, value);
  }
  // A decade below the least, so that its bar is one.
  return {std::floor(std::log10(least)) - 0.3, std::ceil(std::log10(most) + 0.01)};
}

std::string bar(const Contest& contest, const Standing& one, const Axis& axis, int y) {
  if (one.rounds.empty()) return "";
  const double value = shown(contest.of.unit, median(contest.ns(one)));
  const char* colour = one.who.kind == Kind::ours    ? "#0072b2"
                       : one.who.kind == Kind::limit ? "#999999"
                                                     : "#e69f00";
  const double width = axis.at(value);
  return fmt::format(
      "<text x='{}' y='{}' text-anchor='end'>{}</text>"
      "<rect x='{}' y='{}' width='{:.1f}' height='{}' fill='{}' rx='2'/>"
      "<text x='{:.1f}' y='{}'>{}</text>\n",
      kNames - 8, y + 15, escaped(titled(one)), kNames, y + 3, width, kRow - 6, colour,
      kNames + width + 6, y + 15, escaped(figures(contest.of.unit, contest.ns(one))));
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

std::string contest_text(const Contest& contest, const lab::Terminal& terminal) {
  int names = 0;
  for (const Standing& one : contest.standings) {
    names = std::max(names, lab::columns(titled(one)));
  }
  std::string text = "\n" + terminal.styled(Style::bold, contest.of.name) + "\n";
  text += terminal.styled(
      Style::dim,
      "  " + lab::padded("", names) + "  " + lab::padded(measured_in(contest.of), 18) +
          lab::padded(contest.of.clock == Case::Clock::cpu ? "wall" : "CPU", 10) +
          "time beside ours\n");
  for (const Standing& one : contest.standings) {
    const std::string line = row(contest, one, names);
    text += one.who.kind == Kind::ours ? terminal.styled(Style::bold, line) : line;
  }
  for (const Goal& goal : contest.of.goals) text += goal_text(contest, goal, terminal);
  return text;
}

std::string contests_json(const std::string& lab, const Machine& machine,
                          const std::vector<Contest>& contests) {
  Json json = {{"lab", lab},
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

std::string contests_svg(const std::string& title, const Machine& machine,
                         const std::vector<Contest>& contests) {
  std::string body;
  int y = 40;
  for (const Contest& contest : contests) {
    body += fmt::format(
        "<text x='8' y='{}' font-weight='bold'>{}</text>"
        "<text x='{}' y='{}' fill='#666'>{}, logarithmic</text>\n",
        y + 16, escaped(contest.of.name), kNames + kBars / 2, y + 16,
        escaped(measured_in(contest.of)));
    y += 26;
    const Axis axis = axis_of(contest);
    for (const Standing& one : contest.standings) {
      if (one.rounds.empty()) continue;
      body += bar(contest, one, axis, y);
      y += kRow;
    }
    y += 14;
  }
  return fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} "
      "{1}' font-family='system-ui, sans-serif' font-size='13'>"
      "<rect width='{0}' height='{1}' fill='#fff'/>"
      "<text x='8' y='22' font-size='16' font-weight='bold'>{2}</text>"
      "<text x='8' y='{3}' fill='#666'>{4}; {5} cores, load {6:.1f}</text>\n{7}</svg>\n",
      kWide, y + 24, escaped(title), y + 12, escaped(machine.cpu), machine.cores,
      machine.load, body);
}

}  // namespace runner
