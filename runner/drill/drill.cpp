#include "drill/drill.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <deque>
#include <optional>

#include "drill/answer.hpp"
#include "drill/input.hpp"
#include "drill/item.hpp"
#include "drill/judge.hpp"
#include "drill/mix.hpp"
#include "drill/questioner.hpp"
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

std::string lower(std::string text) {
  for (char& byte : text) {
    byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  }
  return text;
}

// --- which items ---

std::vector<DrillItem> items_meant(const Catalog& catalog, const Place& place,
                                   const DrillOptions& options) {
  std::vector<DrillItem> items;
  for (const Lab& lab : catalog.meant(options.section, options.lab)) {
    for (DrillItem& item : drill_of(lab, place)) items.push_back(std::move(item));
  }
  return items;
}

// All of them: those that wait longest before the others, and last those never asked.
std::vector<DrillItem> by_due_day(std::vector<DrillItem> items, const Records& records) {
  std::ranges::stable_sort(items, {}, [&](const DrillItem& item) {
    const Record* record = known(records, item.id);
    return record ? record->schedule.due : Day::max();
  });
  return items;
}

// How many are due or new, asked today or not.
std::size_t waiting(const std::vector<DrillItem>& items, const Records& records,
                    Day today) {
  return static_cast<std::size_t>(std::ranges::count_if(
      items,
      [&](const DrillItem& item) { return is_due(known(records, item.id), today); }));
}

// --- one session ---

class Session {
 public:
  Session(const Place& place, DrillStore& store, const Records& records)
      : store_(store), questioner_(place, store, records) {}

  // The code to exit with.
  int run(const std::vector<DrillItem>& items);

 private:
  using Turn = Questioner::Turn;

  Turn ask(const DrillItem& item, const std::string& head);
  void sum_up(std::size_t left) const;

  DrillStore& store_;
  Questioner questioner_;
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
  const int signal = questioner_.input().signal();
  return signal ? 128 + signal : 0;
}

Session::Turn Session::ask(const DrillItem& item, const std::string& head) {
  const Turn turn = questioner_.ask(item, head);
  const auto grade = questioner_.grade();
  if (first_time_ && grade) {
    ++asked_;
    right_ += *grade >= 3 ? 1 : 0;
  }
  if (turn == Turn::again)
    questioner_.paragraph("once more at the end of this drill", Style::dim);
  return turn;
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
    const Record* record = known(records, item.id);
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
  SessionRuns runs(place);
  for (const DrillItem& item : items) {
    if (item.kind != Kind::scenario) continue;
    const PlayResult result = runs.answer(item);
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
    if (const Record* record = known(records, item.id)) {
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
