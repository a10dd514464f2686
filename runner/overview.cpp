#include "overview.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace runner {

namespace {

using lab::Style;
using lab::Terminal;

constexpr int kIndent = 7;  // "  ▸ 12 "

std::string entry(const Lab& lab, bool written, int names, const Terminal& terminal) {
  const int indent = kIndent + names + 2;
  const Style style = written ? Style::bold : Style::dim;
  std::string lead = fmt::format("  {} {:>2} ", written ? "▸" : "·", lab.typed());
  lead += lab::padded(lab.name(), names) + "  ";
  std::string text;
  bool first = true;
  for (const std::string& line : terminal.wrapped(lab.question, indent)) {
    text += first ? terminal.styled(style, lead)
                  : std::string(static_cast<std::size_t>(indent), ' ');
    text += terminal.styled(written ? Style::plain : Style::dim, line) + "\n";
    first = false;
  }
  return text;
}

std::string command(const Terminal& terminal, const std::string& typed,
                    std::string_view purpose) {
  return "  " + terminal.styled(Style::cyan, lab::padded(typed, 18)) +
         std::string(purpose) + "\n";
}

}  // namespace

std::string overview(const Catalog& catalog, const Place& place,
                     const Terminal& terminal) {
  std::string text;
  text +=
      terminal.styled(Style::bold, "Underloop") +
      ": thirty questions of a senior backend interview that you can run.\n"
      "Each is a small C++ program, its lab. It shows the concept live, proves each\n"
      "sentence of the good answer by measuring it, and reads like whiteboard code.\n";
  int names = 0;
  for (const Lab& lab : catalog.labs()) {
    names = std::max(names, static_cast<int>(lab.name().size()));
  }
  std::string section;
  for (const Lab& lab : catalog.labs()) {
    if (lab.section != section)
      text += "\n" + terminal.styled(Style::bold, lab.section) + "\n";
    section = lab.section;
    text += entry(lab, lab.written(place), names, terminal);
  }
  text += terminal.styled(Style::dim, "\n  ▸ ready   · not built yet\n");

  const std::vector<Lab> written = catalog.all_written(place);
  if (written.empty()) return text;
  const std::string first = written.front().typed();
  text += "\n" + terminal.styled(Style::bold, "Next") + "\n";
  text += command(terminal, "./lab run " + first, "see it, and its claims proven");
  text += command(terminal, "./lab walk " + first, "read its code, step by step");
  text += command(terminal, "./lab verify", "prove every claim of every lab");
  text += command(terminal, "./lab drill", "predict, then see; missed ones come back");
  text += command(terminal, "./lab --help", "the other verbs");
  return text;
}

}  // namespace runner
