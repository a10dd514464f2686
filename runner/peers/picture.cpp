#include "peers/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace runner {

namespace {

using Kind = Contestant::Kind;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char byte : text) {
    if (byte == '\'')
      safe += "&#39;";
    else if (byte == '<')
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

std::string index_page(const Machine& machine, const std::vector<Chapter>& chapters) {
  std::string body;
  for (const Chapter& one : chapters) {
    body += fmt::format("<h2 id='lab{0}'>{0} · {1}</h2>\n<pre>{2}</pre>\n", one.lab,
                        escaped(one.title), escaped(one.text));
    if (!one.measured) continue;
    body += fmt::format(
        "<p><img src='peers_{0}.svg' alt='{1}'></p>\n"
        "<p><a href='peers_{0}.json'>JSON</a> · <a href='peers_{0}.svg'>SVG</a></p>\n",
        one.lab, escaped(one.title));
  }
  return fmt::format(
      "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
      "<title>Underloop, side by side</title>\n"
      "<style>body{{font:16px system-ui,sans-serif;max-width:60em;margin:2em auto;"
      "padding:0 1em}}pre{{overflow:auto;background:#f6f6f6;padding:1em}}"
      "img{{max-width:100%}}</style></head>\n<body><h1>Side by side</h1>\n"
      "<p>{}, {} cores, load {:.1f} when it began{}.</p>\n{}</body></html>\n",
      escaped(machine.cpu), machine.cores, machine.load,
      machine.busy() ? ": a busy machine, so twice as many rounds" : "", body);
}

}  // namespace runner
