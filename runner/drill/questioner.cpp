#include "drill/questioner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>

#include "drill/answer.hpp"
#include "drill/judge.hpp"

namespace runner {

using lab::Style;
using Kind = DrillItem::Kind;

std::string in_days(int days) {
  if (days <= 0) return "today";
  return days == 1 ? "tomorrow" : fmt::format("in {} days", days);
}

Questioner::Questioner(const Place& place, DrillStore& store, Records records)
    : runs_(place),
      store_(store),
      records_(std::move(records)),
      echoes_(isatty(STDIN_FILENO) == 1) {
}

Questioner::Turn Questioner::ask(const DrillItem& item, const std::string& head) {
  grade_.reset();
  fmt::print("\n{}{}\n", terminal_.styled(Style::bold, head),
             terminal_.styled(Style::dim, " · " + item.id + " · lab " + item.lab.typed() +
                                              " " + item.lab.name()));
  paragraph(item.question);
  return item.kind == Kind::scenario ? ask_scenario(item) : ask_followup(item);
}

Questioner::Turn Questioner::ask_scenario(const DrillItem& item) {
  const Record* record = known(records_, item.id);
  const auto shown = shown_items(item, record ? record->asked : 0);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    fmt::print("    {}  {}\n", i + 1, shown[i]);
  }
  const auto said = predicted(item, shown);
  if (!said) return Turn::stop;

  const std::string command =
      fmt::format("./lab run {} {}", item.lab.typed(), fmt::join(item.play.flags(), " "));
  paragraph((runs_.has_played(item) ? "judged by the run above: " : "running ") + command,
            Style::dim);
  std::fflush(stdout);
  const PlayResult result = runs_.answer(item, input_.signal_fd());
  if (input_.signal()) return Turn::stop;
  if (!result.answer || !fits(item, *result.answer)) {
    paragraph("This cannot be judged: " +
                  (result.answer ? "the run says " + lab::printable(*result.answer)
                                 : result.why),
              Style::yellow);
    return Turn::next;
  }
  const bool is_right = right(item, *said, *result.answer);
  paragraph(fmt::format("{} {}", is_right ? "✔ Right:" : "✘ It was:",
                        lab::printable(*result.answer)),
            is_right ? Style::green : Style::red);
  if (!item.why.empty()) paragraph(item.why);
  return note(item, is_right ? grades::right : grades::wrong);
}

// Nothing when it is to end; "" for "I do not know".
std::optional<std::string> Questioner::predicted(const DrillItem& item,
                                                 const std::vector<std::string>& shown) {
  const std::string form = prediction_form(item, shown.size());
  for (std::string prompt = form;;
       prompt = "I could not read that. Please type " + form) {
    const auto text = typed(prompt);
    if (!text || text->empty() || *text == "?") return text ? std::optional("") : text;
    if (auto prediction = parse_prediction(item, shown, *text)) return prediction;
  }
}

Questioner::Turn Questioner::ask_followup(const DrillItem& item) {
  if (!typed("Say your answer aloud, then press Enter to see ours")) return Turn::stop;
  paragraph(item.answer, Style::green);
  const std::string form = "Did you know it? 0 no · 3 with effort · 4 well · 5 at once";
  for (std::string prompt = form;; prompt = "Please type a number from 0 to 5. " + form) {
    const auto text = typed(prompt);
    if (!text) return Turn::stop;
    if (text->size() == 1 && (*text)[0] >= '0' && (*text)[0] <= '5') {
      return note(item, (*text)[0] - '0');
    }
  }
}

// What is typed behind the prompt; nothing if it is to end.
std::optional<std::string> Questioner::typed(const std::string& prompt) {
  const auto lines = terminal_.wrapped(prompt, 4);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    fmt::print("  {}{}", terminal_.styled(Style::cyan, lines[i]),
               i + 1 < lines.size() ? "\n" : " > ");
  }
  std::fflush(stdout);
  auto line = input_.line();
  if (!line) {
    fmt::print("\n");
    return std::nullopt;
  }
  std::string text = lab::printable(*line);
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  if (!echoes_) fmt::print("{}\n", text);
  if (text == "q" || text == "quit") return std::nullopt;
  return text;
}

Questioner::Turn Questioner::note(const DrillItem& item, int grade) {
  const Record record = store_.note(item.id, grade, today());
  records_[item.id] = record;
  if (const std::string notice = store_.take_notice(); !notice.empty()) {
    paragraph(notice, Style::yellow);
  }
  grade_ = grade;
  const bool again = grade < grades::known;
  const auto days = (record.schedule.due - today()).count();
  paragraph(fmt::format("due {}", in_days(static_cast<int>(days))), Style::dim);
  return again ? Turn::again : Turn::next;
}

void Questioner::paragraph(std::string_view text, Style style) const {
  for (const std::string& line : terminal_.wrapped(text, 2)) {
    fmt::print("  {}\n", terminal_.styled(style, line));
  }
}

}  // namespace runner
