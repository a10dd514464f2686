#include "rehearse/cards.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <fstream>

#include "drill/answer.hpp"
#include "drill/input.hpp"
#include "drill/judge.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

using Kind = DrillItem::Kind;

std::string card_text(std::string_view text) {
  std::string html;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '#':
        html += "&#35;";
        break;  // at a line's beginning it would be a header
      case '\n':
        html += "<br>";
        break;
      case '\t':
        html += "  ";
        break;
      case '\r':
        break;
      default:
        html += byte;
    }
  }
  return html.find("<br>") == html.npos ? html : "<pre>" + html + "</pre>";
}

std::string cards_head() {
  return "#separator:tab\n#html:true\n#notetype:Basic\n#deck:Underloop\n#tags column:3\n";
}

std::string card_line(const DrillItem& item, const std::string& answer, Day day) {
  std::string front = card_text(item.question), back;
  if (item.kind == Kind::scenario) {
    for (const std::string& one : item.items) front += "<br>· " + card_text(one);
    back = fmt::format("<b>{}</b><br>{}<br><small>Read from a run on {}: {}</small>",
                       card_text(answer), card_text(item.why), day_text(day),
                       card_text(fmt::format("./lab run {} {}", item.lab.typed(),
                                             fmt::join(item.play.flags(), " "))));
  } else {
    back = card_text(item.answer);
  }
  return fmt::format("{}\t{}\tunderloop lab{} {}\n", front, back, item.lab.number,
                     item.lab.name());
}

int cards(const Catalog& catalog, const Place& place, const CardsOptions& options) {
  std::vector<DrillItem> items;
  for (const Lab& lab : catalog.meant(options.section, options.lab)) {
    for (DrillItem& item : drill_of(lab, place)) items.push_back(std::move(item));
  }
  if (items.empty()) throw Usage("there are no questions there yet");
  std::ofstream file(options.file);
  if (!file) throw lab::Error("write " + options.file.string(), "it cannot be opened");
  const bool shows = lab::Terminal::of_stdout().interactive();
  LineInput input;  // Ctrl-C ends the run that goes on, and then the deck
  file << cards_head();
  std::size_t left_out = 0;
  SessionRuns runs(place);
  for (std::size_t i = 0; i < items.size() && !input.signal(); ++i) {
    const DrillItem& item = items[i];
    std::string answer;
    if (item.kind == Kind::scenario) {
      if (shows) fmt::print("\r\033[K{} of {}: {}", i + 1, items.size(), item.id);
      std::fflush(stdout);
      const PlayResult result = runs.answer(item, input.signal_fd());
      if (!result.answer || !fits(item, *result.answer)) {
        ++left_out;
        fmt::print(stderr, "\rlab: {} is left out: {}\n", item.id,
                   lab::printable(result.answer ? *result.answer : result.why));
        continue;
      }
      answer = *result.answer;
    }
    file << card_line(item, answer, today());
  }
  if (shows) fmt::print("\r\033[K");
  file.flush();
  if (!file) throw lab::Error("write " + options.file.string(), "the disk may be full");
  if (const int signal = input.signal()) {
    fmt::print("Stopped: {} has only a part of the cards.\n", options.file.string());
    return 128 + signal;
  }
  fmt::print("{} cards in {}. In Anki: File, Import.\n", items.size() - left_out,
             options.file.string());
  return left_out ? 1 : 0;
}

}  // namespace runner
