#include "drill/drill.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "drill/answer.hpp"
#include "drill/input.hpp"
#include "drill/item.hpp"
#include "drill/judge.hpp"
#include "drill/mix.hpp"
#include "drill/store.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

namespace {

using lab::Style;
using lab::Terminal;
using Kind = DrillItem::Kind;

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string in_days(int days) {
  if (days <= 0) return "today";
  return days == 1 ? "tomorrow" : fmt::format("in {} days", days);
}

std::string lower(std::string text) {
  for (char& byte : text) {
    byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  }
  return text;
}

// --- which items ---

std::string section_named(const Catalog& catalog, const std::string& typed) {
  std::vector<std::string> sections;
  for (const Lab& lab : catalog.labs()) {
    if (std::ranges::find(sections, lab.section) == sections.end()) {
      sections.push_back(lab.section);
    }
  }
  std::vector<std::string> meant;
  for (const std::string& section : sections) {
    if (lower(section).find(lower(typed)) != std::string::npos) meant.push_back(section);
  }
  if (meant.size() == 1) return meant[0];
  throw Usage(fmt::format("section {}: there are {}", lab::printable(typed),
                          fmt::join(sections, "; ")));
}

std::vector<DrillItem> items_meant(const Catalog& catalog, const Place& place,
                                   const DrillOptions& options) {
  std::vector<Lab> labs = catalog.labs();
  if (!options.lab.empty()) labs = {catalog.written(options.lab, place)};
  if (!options.section.empty()) {
    const std::string section = section_named(catalog, options.section);
    std::erase_if(labs, [&](const Lab& lab) { return lab.section != section; });
  }
  std::vector<DrillItem> items;
  for (const Lab& lab : labs) {
    for (DrillItem& item : drill_of(lab, place)) items.push_back(std::move(item));
  }
  return items;
}

const Record* known(const Records& records, const DrillItem& item) {
  const auto found = records.find(item.id);
  return found == records.end() ? nullptr : &found->second;
}

// All of them: those that wait longest before the others, and last those never asked.
std::vector<DrillItem> by_due_day(std::vector<DrillItem> items, const Records& records) {
  std::ranges::stable_sort(items, {}, [&](const DrillItem& item) {
    const Record* record = known(records, item);
    return record ? record->schedule.due : Day::max();
  });
  return items;
}

// How many are due or new, asked today or not.
std::size_t waiting(const std::vector<DrillItem>& items, const Records& records,
                    Day today) {
  return static_cast<std::size_t>(
      std::ranges::count_if(items, [&](const DrillItem& item) {
        const Record* record = known(records, item);
        return !record || record->schedule.due <= today;
      }));
}

// --- one session ---

class Session {
 public:
  Session(const Place& place, DrillStore& store, Records records)
      : place_(place), store_(store), records_(std::move(records)) {}

  // The code to exit with.
  int run(const std::vector<DrillItem>& items);

 private:
  enum class Turn { next, again, stop };

  Turn ask(const DrillItem& item, const std::string& head);
  Turn ask_scenario(const DrillItem& item);
  Turn ask_followup(const DrillItem& item);
  std::optional<std::string> predicted(const DrillItem& item,
                                       const std::vector<std::string>& shown);
  std::optional<std::string> typed(const std::string& prompt);
  Turn note(const DrillItem& item, int grade);

  void paragraph(std::string_view text, Style style = Style::plain) const;
  void sum_up(std::size_t left) const;

  const Place& place_;
  DrillStore& store_;
  Records records_;
  Terminal terminal_ = Terminal::of_stdout();
  bool echoes_ = isatty(STDIN_FILENO) == 1;
  LineInput input_;
  bool first_time_ = true;  // not one that came back in this session
  std::size_t asked_ = 0;
  std::size_t right_ = 0;
};

int Session::run(const std::vector<DrillItem>& items) {
  std::deque<DrillItem> again;
  std::size_t left = items.size();
  bool goes_on = true;
  for (std::size_t i = 0; i < items.size() && goes_on; ++i) {
    const auto turn = ask(items[i], fmt::format("{} of {}", i + 1, items.size()));
    if (turn == Turn::again) again.push_back(items[i]);
    goes_on = turn != Turn::stop;
    left -= goes_on ? 1 : 0;
  }
  first_time_ = false;
  while (goes_on && !again.empty()) {
    const DrillItem item = again.front();
    again.pop_front();
    const auto turn = ask(item, "once more");
    if (turn == Turn::again) again.push_back(item);
    goes_on = turn != Turn::stop;
  }
  sum_up(left);
  const int signal = input_.signal();
  return signal ? 128 + signal : 0;
}

Session::Turn Session::ask(const DrillItem& item, const std::string& head) {
  fmt::print("\n{}{}\n", terminal_.styled(Style::bold, head),
             terminal_.styled(Style::dim, " · " + item.id + " · lab " + item.lab.typed() +
                                              " " + item.lab.name()));
  paragraph(item.question);
  return item.kind == Kind::scenario ? ask_scenario(item) : ask_followup(item);
}

Session::Turn Session::ask_scenario(const DrillItem& item) {
  const Record* record = known(records_, item);
  const auto shown = shown_items(item, record ? record->asked : 0);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    fmt::print("    {}  {}\n", i + 1, shown[i]);
  }
  const auto said = predicted(item, shown);
  if (!said) return Turn::stop;

  const std::string command =
      fmt::format("./lab run {} {}", item.lab.typed(), fmt::join(item.play.flags(), " "));
  paragraph("running " + command, Style::dim);
  std::fflush(stdout);
  const PlayResult result = play(item, place_, input_.signal_fd());
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
std::optional<std::string> Session::predicted(const DrillItem& item,
                                              const std::vector<std::string>& shown) {
  const std::string form = prediction_form(item, shown.size());
  for (std::string prompt = form;;
       prompt = "I could not read that. Please type " + form) {
    const auto text = typed(prompt);
    if (!text || text->empty() || *text == "?") return text ? std::optional("") : text;
    if (auto prediction = parse_prediction(item, shown, *text)) return prediction;
  }
}

Session::Turn Session::ask_followup(const DrillItem& item) {
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
std::optional<std::string> Session::typed(const std::string& prompt) {
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

Session::Turn Session::note(const DrillItem& item, int grade) {
  const Record record = store_.note(item.id, grade, today());
  records_[item.id] = record;
  if (const std::string notice = store_.take_notice(); !notice.empty()) {
    paragraph(notice, Style::yellow);
  }
  if (first_time_) {
    ++asked_;
    right_ += grade >= 3 ? 1 : 0;
  }
  const bool again = grade < grades::known;
  const auto days = (record.schedule.due - today()).count();
  paragraph(
      fmt::format("{}due {}", again ? "once more at the end of this drill, then " : "",
                  in_days(static_cast<int>(days))),
      Style::dim);
  return again ? Turn::again : Turn::next;
}

void Session::paragraph(std::string_view text, Style style) const {
  for (const std::string& line : terminal_.wrapped(text, 2)) {
    fmt::print("  {}\n", terminal_.styled(style, line));
  }
}

void Session::sum_up(std::size_t left) const {
  fmt::print("\n{} answered: {} known, {} not yet", plural(asked_, "item"), right_,
             asked_ - right_);
  if (left > 0) fmt::print("; {} left for the next time", left);
  fmt::print(".\nKept in {}\n", store_.file().string());
}

// --- the other things it can do ---

void list(const std::vector<DrillItem>& items, const Records& records,
          const Terminal& terminal) {
  int names = 0;
  for (const DrillItem& item : items) {
    names = std::max(names, static_cast<int>(item.id.size()));
  }
  for (const DrillItem& item : items) {
    const Record* record = known(records, item);
    std::string state = "new";
    if (record) {
      const auto days = (record->schedule.due - today()).count();
      state = fmt::format("due {}, known {} of {}", in_days(static_cast<int>(days)),
                          record->right, record->asked);
    }
    const bool scenario = item.kind == Kind::scenario;
    fmt::print("  {}  {}  {}\n", lab::padded(item.id, names),
               scenario ? "scenario " : "follow-up", terminal.styled(Style::dim, state));
  }
}

int reset(DrillStore& store, const Records& records) {
  if (records.empty()) {
    fmt::print("Nothing was answered yet.\n");
    return 0;
  }
  fmt::print("Forget what you answered to {}, in {}? yes or no > ",
             plural(records.size(), "item"), store.file().string());
  std::fflush(stdout);
  LineInput input;
  const auto line = input.line();
  if (!line || lower(*line) != "yes") {
    fmt::print("\nNothing was forgotten.\n");
    return input.signal() ? 128 + input.signal() : 1;
  }
  store.forget_all();
  fmt::print("Forgotten.\n");
  return 0;
}

// For who writes items: every scenario is played, none is asked.
int check(const std::vector<DrillItem>& items, const Place& place) {
  int code = 0;
  for (const DrillItem& item : items) {
    if (item.kind != Kind::scenario) continue;
    const PlayResult result = play(item, place);
    const bool good = result.answer && fits(item, *result.answer);
    if (!good) code = 1;
    fmt::print("{} {}: {}\n", good ? "✔" : "✘", item.id,
               lab::printable(result.answer ? *result.answer : result.why));
    std::fflush(stdout);
  }
  fmt::print(
      "{}: {}\n", plural(items.size(), "item"),
      code ? "not every scenario has its answer" : "every scenario has its answer");
  return code;
}

std::string when_next(const std::vector<DrillItem>& items, const Records& records) {
  Day next = Day::max();
  for (const DrillItem& item : items) {
    if (const Record* record = known(records, item)) {
      next = std::min(next, record->schedule.due);
    }
  }
  return in_days(static_cast<int>((next - today()).count()));
}

}  // namespace

int drill(const Catalog& catalog, const Place& place, const DrillOptions& options) {
  const std::vector<DrillItem> items = items_meant(catalog, place, options);
  if (options.check) return check(items, place);
  DrillStore store(DrillStore::default_file());
  const Records records = store.read();
  if (const std::string notice = store.take_notice(); !notice.empty()) {
    fmt::print(stderr, "lab: {}\n", notice);
  }
  if (options.reset) return reset(store, records);
  if (items.empty()) throw Usage("there are no drill items there yet");
  if (options.list) {
    list(items, records, Terminal::of_stdout());
    return 0;
  }
  const auto asked = options.all ? by_due_day(items, records)
                                 : daily_mix(items, records, options.limits, today());
  if (asked.empty()) {
    fmt::print(
        "Nothing is due; the next is due {}. ./lab drill --all asks all the same.\n",
        when_next(items, records));
    return 0;
  }
  const std::size_t due = waiting(items, records, today());
  fmt::print(
      "{} to ask{}. Press Enter if you do not know, q to stop. Answers are kept.\n",
      plural(asked.size(), "item"),
      asked.size() < due ? fmt::format(", of {} that are due or new", due) : "");
  return Session(place, store, records).run(asked);
}

}  // namespace runner
