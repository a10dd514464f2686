#include "rehearse/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <tuple>

#include "lab/core/terminal.hpp"
#include "rehearse/agenda.hpp"

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Task::Kind;
using lab::Style;

constexpr int kWalk = 5, kDrill = 12, kMock = 15;  // minutes
constexpr int kMockEvery = 3;                      // days
constexpr int kMostMinutes = 600;                  // a day

int minutes_to_see(const Lab& lab) {
  return lab.hard == "hard" ? 12 : lab.hard == "easy" ? 6 : 9;
}

int rank(std::initializer_list<const char*> names, const std::string& name) {
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

// What is left of the labs, in the order in which to learn them.
std::vector<Task> lessons(std::vector<Lab> labs, const Progress& progress) {
  std::ranges::stable_sort(labs, {}, [](const Lab& lab) {
    return std::tuple(rank({"very common", "common", "medium"}, lab.common),
                      rank({"easy", "medium", "hard"}, lab.hard));
  });
  std::vector<Task> tasks;
  for (const Lab& lab : labs) {
    if (!progress.run.contains(lab.number))
      tasks.push_back({Kind::see, minutes_to_see(lab), lab.number});
    if (!progress.walked.contains(lab.number))
      tasks.push_back({Kind::walk, kWalk, lab.number});
  }
  return tasks;
}

bool has_mock(const StudyPlan& plan, Day day) {
  const auto number = (day - plan.begin).count();
  return number % kMockEvery == kMockEvery - 1 || (plan.last() - day).count() < 2;
}

// The minutes of a day that are for lessons.
int room(const StudyPlan& plan, bool drills, Day day) {
  return plan.minutes - (drills ? kDrill : 0) - (has_mock(plan, day) ? kMock : 0);
}

// How many of the tasks fit into so many minutes. The first one always does where there are
// any minutes, unless something was done in them already.
std::size_t fitting(std::span<const Task> tasks, int minutes, bool any = true) {
  std::size_t count = 0;
  for (int used = 0; count < tasks.size(); ++count) {
    used += tasks[count].minutes;
    if (used > minutes && (count || !any)) break;
  }
  return minutes > 0 ? count : 0;
}

// The lessons that were done on that day.
std::vector<Task> lessons_of(const std::vector<Lab>& labs, const Progress& progress,
                             Day day) {
  std::vector<Task> done;
  const auto was = [&](const std::map<std::string, Day>& days, const Lab& lab) {
    const auto found = days.find(lab.number);
    return found != days.end() && found->second == day;
  };
  for (const Lab& lab : labs) {
    if (was(progress.run, lab))
      done.push_back({Kind::see, minutes_to_see(lab), lab.number});
    if (was(progress.walked, lab)) done.push_back({Kind::walk, kWalk, lab.number});
  }
  return done;
}

// How many labs are not run by the end, if `left` are the lessons left after this day.
std::size_t unseen(const StudyPlan& plan, std::span<const Task> left, Day day) {
  for (Day next = day + std::chrono::days(1); next <= plan.last();
       next += std::chrono::days(1))
    left = left.subspan(fitting(left, room(plan, true, next)));
  return static_cast<std::size_t>(std::ranges::count(left, Kind::see, &Task::kind));
}

}  // namespace

Today plan_for(const StudyPlan& plan, const std::vector<Lab>& labs,
               const Progress& progress, std::size_t drills, Day day,
               const DoneToday& done) {
  const auto all = lessons(labs, progress);
  const std::span<const Task> left = all;
  Today today;
  today.done = lessons_of(labs, progress, day);
  int spent = 0;
  for (const Task& task : today.done) spent += task.minutes;
  const bool drilled = drills || done.drill;
  const auto fits_now = [&](const StudyPlan& one) {
    return fitting(left, room(one, drilled, day) - spent, today.done.empty());
  };
  const std::size_t now = fits_now(plan);
  today.tasks.assign(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(now));
  const auto add = [&](const Task& task, bool is_done) {
    (is_done ? today.done : today.tasks).push_back(task);
  };
  if (drilled) add({Kind::drill, kDrill}, done.drill);
  if (has_mock(plan, day) || done.mock) add({Kind::mock, kMock}, done.mock);

  today.seen_until_the_end = labs.size() - unseen(plan, left.subspan(now), day);
  StudyPlan longer = plan;
  longer.minutes += 5 - plan.minutes % 5;
  if (today.seen_until_the_end == labs.size()) return today;
  for (; longer.minutes <= kMostMinutes; longer.minutes += 5) {
    if (unseen(longer, left.subspan(fits_now(longer)), day)) continue;
    today.minutes_for_all = longer.minutes;
    break;
  }
  return today;
}

std::string plan_text(const StudyPlan& plan) {
  return Json{{"begin", day_text(plan.begin)},
              {"days", plan.days},
              {"minutes", plan.minutes}}
             .dump() +
         "\n";
}

std::optional<StudyPlan> parse_plan(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  StudyPlan plan;
  const auto number = [&](const char* name, int most, int& value) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_integer()) return false;
    if (*found < 1 || *found > most) return false;
    value = found->get<int>();
    return true;
  };
  const auto begin = object.find("begin");
  if (begin == object.end() || !begin->is_string()) return std::nullopt;
  if (!parse_day(begin->get_ref<const std::string&>(), plan.begin)) return std::nullopt;
  if (!number("days", 365, plan.days) || !number("minutes", kMostMinutes, plan.minutes))
    return std::nullopt;
  return plan;
}

namespace {

void print_task(const TaskText& task, bool done, const lab::Terminal& terminal) {
  constexpr int kIndent = 35;
  std::string before = fmt::format(
      "  {}  {}",
      done ? terminal.styled(Style::green, "   done")
           : fmt::format("{:>3} min", task.minutes),
      terminal.styled(done ? Style::dim : Style::cyan, lab::padded(task.command, 24)));
  for (const std::string& line : terminal.wrapped(task.what, kIndent)) {
    fmt::print("{}{}\n", before, terminal.styled(done ? Style::dim : Style::plain, line));
    before.assign(kIndent, ' ');
  }
}

void print_paragraph(const lab::Terminal& terminal, const std::string& text,
                     Style style = Style::plain) {
  for (const std::string& line : terminal.wrapped(text, 0))
    fmt::print("{}\n", terminal.styled(style, line));
}

void print_weak(const std::vector<WeakPoint>& weak, const lab::Terminal& terminal) {
  if (weak.empty()) return;
  fmt::print("\n{}\n", terminal.styled(Style::bold, "Missed in your last mocks"));
  for (const WeakPoint& point : weak) {
    std::string before =
        "  " + terminal.styled(Style::cyan, lab::padded(point.command, 18));
    for (const std::string& line : terminal.wrapped(point.text, 20)) {
      fmt::print("{}{}\n", before, line);
      before.assign(20, ' ');
    }
  }
}

}  // namespace

int plan(const Catalog& catalog, const Place& place, const PlanOptions& options) {
  const lab::Terminal terminal = lab::Terminal::of_stdout();
  const auto folder = data_folder();
  if (options.days || options.minutes || !kept_plan(folder)) keep_plan(folder, options);
  const Agenda agenda = agenda_of(catalog, place, folder);
  for (const std::string& notice : agenda.notices)
    print_paragraph(terminal, notice, Style::yellow);
  fmt::print("{}\n\n", terminal.styled(Style::bold, agenda.head));
  for (const Task& task : agenda.today.done)
    print_task(text_of(task, catalog, agenda), true, terminal);
  for (const Task& task : agenda.today.tasks)
    print_task(text_of(task, catalog, agenda), false, terminal);
  if (agenda.today.tasks.empty()) fmt::print("  Nothing is left for today.\n");
  if (!agenda.missed.empty()) {
    fmt::print("\n");
    print_paragraph(terminal, agenda.missed);
  }
  print_weak(agenda.weak, terminal);
  fmt::print("\n{}\n", terminal.styled(Style::bold, "So far"));
  for (const SectionProgress& one : agenda.sections) {
    fmt::print("  {}  run {:>2} of {}, answered in a mock {:>2} of {}\n",
               lab::padded(one.section, 34), one.run, one.all, one.answered, one.all);
  }
  if (!agenda.outlook.empty()) {
    fmt::print("\n");
    print_paragraph(terminal, agenda.outlook);
    if (const int minutes = agenda.today.minutes_for_all)
      fmt::print(
          "  {}\n",
          terminal.styled(Style::cyan, fmt::format("./lab plan --minutes {}", minutes)));
  }
  return 0;
}

}  // namespace runner
