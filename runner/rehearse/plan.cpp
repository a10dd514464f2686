#include "rehearse/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>

#include "drill/mix.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"
#include "rehearse/interviews.hpp"

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Task::Kind;
using lab::Style;

constexpr int kWalk = 5, kDrill = 12, kMock = 15;  // minutes
constexpr int kMockEvery = 3;                      // days

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

// The minutes of a day that are left for lessons.
int room(const StudyPlan& plan, std::size_t drills, Day day) {
  return plan.minutes - (drills ? kDrill : 0) - (has_mock(plan, day) ? kMock : 0);
}

// How many of the tasks fit into so many minutes; the first one always does.
std::size_t fitting(std::span<const Task> tasks, int minutes) {
  std::size_t count = 0;
  for (int used = 0; count < tasks.size(); ++count) {
    used += tasks[count].minutes;
    if (used > minutes && count) break;
  }
  return minutes > 0 ? count : 0;
}

}  // namespace

Today plan_for(const StudyPlan& plan, const std::vector<Lab>& labs,
               const Progress& progress, std::size_t drills, Day day) {
  const auto all = lessons(labs, progress);
  std::span<const Task> left = all;
  Today today;
  const std::size_t now = fitting(left, room(plan, drills, day));
  today.tasks.assign(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(now));
  if (drills) today.tasks.push_back({Kind::drill, kDrill});
  if (has_mock(plan, day)) today.tasks.push_back({Kind::mock, kMock});

  left = left.subspan(now);
  for (Day next = day + std::chrono::days(1); next <= plan.last();
       next += std::chrono::days(1))
    left = left.subspan(fitting(left, room(plan, 1, next)));
  today.seen_until_the_end = labs.size() - static_cast<std::size_t>(std::ranges::count(
                                               left, Kind::see, &Task::kind));
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
  if (!number("days", 365, plan.days) || !number("minutes", 600, plan.minutes))
    return std::nullopt;
  return plan;
}

namespace {

// The plan of the data folder, or a new one.
StudyPlan kept_plan(const PlanOptions& options) {
  const auto file = data_folder() / "plan.json";
  std::ifstream stream(file);
  const auto kept = parse_plan(std::string{std::istreambuf_iterator<char>(stream), {}});
  stream.close();
  if (kept && !options.days && !options.minutes) return *kept;
  StudyPlan plan = kept.value_or(StudyPlan{.begin = today()});
  if (options.days || !kept) plan.begin = today();
  plan.days = options.days.value_or(plan.days);
  plan.minutes = options.minutes.value_or(plan.minutes);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream out(file);
  out << plan_text(plan) << std::flush;
  if (!out) throw lab::Error("write " + file.string(), "the plan cannot be kept");
  return plan;
}

std::size_t drills_today(const Catalog& catalog, const Place& place) {
  std::vector<DrillItem> items;
  for (const Lab& lab : catalog.labs()) {
    for (DrillItem& item : drill_of(lab, place)) items.push_back(std::move(item));
  }
  DrillStore store(DrillStore::default_file());
  return daily_mix(items, store.read(), {}, today()).size();
}

void print_task(const Task& task, const Catalog& catalog, std::size_t drills,
                const lab::Terminal& terminal) {
  const Lab* lab = catalog.find(task.lab);
  std::string command, what;
  switch (task.kind) {
    case Kind::see:
      command = "./lab run " + lab->typed();
      what = lab->question;
      break;
    case Kind::walk:
      command = "./lab walk " + lab->typed();
      what = "its code, step by step";
      break;
    case Kind::drill:
      command = "./lab drill";
      what = fmt::format("{} questions", drills);
      break;
    case Kind::mock:
      command = fmt::format("./lab mock --minutes {}", kMock);
      what = "answer aloud, against the clock";
      break;
  }
  constexpr int kIndent = 35;
  std::string before =
      fmt::format("  {:>3} min  {}", task.minutes,
                  terminal.styled(Style::cyan, lab::padded(command, 24)));
  for (const std::string& line : terminal.wrapped(what, kIndent)) {
    fmt::print("{}{}\n", before, line);
    before.assign(kIndent, ' ');
  }
}

void print_progress(const Catalog& catalog, const Progress& progress,
                    const Interviews& interviews) {
  struct Count {
    std::string section;
    int run = 0, answered = 0, all = 0;
  };
  std::vector<Count> counts;
  for (const Lab& lab : catalog.labs()) {
    if (counts.empty() || counts.back().section != lab.section)
      counts.push_back({lab.section});
    Count& count = counts.back();
    ++count.all;
    count.run += progress.run.contains(lab.number) ? 1 : 0;
    count.answered += interviews.last(lab.number) ? 1 : 0;
  }
  for (const Count& count : counts) {
    fmt::print("  {}  run {:>2} of {}, answered in a mock {:>2} of {}\n",
               lab::padded(count.section, 34), count.run, count.all, count.answered,
               count.all);
  }
}

}  // namespace

int plan(const Catalog& catalog, const Place& place, const PlanOptions& options) {
  const StudyPlan plan = kept_plan(options);
  const Day day = today();
  const Progress progress = read_progress(progress_file());
  const std::size_t drills = drills_today(catalog, place);
  const auto labs = catalog.all_written(place);
  const Today now = plan_for(plan, labs, progress, drills, day);
  const auto number = (day - plan.begin).count() + 1;

  const lab::Terminal terminal = lab::Terminal::of_stdout();
  int minutes = 0;
  for (const Task& task : now.tasks) minutes += task.minutes;
  fmt::print(
      "{}\n\n",
      terminal.styled(Style::bold, number > plan.days
                                       ? fmt::format("The plan ended on {}; it goes on",
                                                     day_text(plan.last()))
                                       : fmt::format("Day {} of {}, about {} minutes",
                                                     number, plan.days, minutes)));
  for (const Task& task : now.tasks) print_task(task, catalog, drills, terminal);
  if (now.tasks.empty()) fmt::print("  Nothing is left for today.\n");
  fmt::print("\n{}\n", terminal.styled(Style::bold, "So far"));
  print_progress(catalog, progress, Interviews(Interviews::default_file()));
  if (number <= plan.days) {
    fmt::print("\n");
    for (const std::string& line : terminal.wrapped(
             now.seen_until_the_end == labs.size()
                 ? fmt::format("At this pace you have run all {} labs by {}.",
                               labs.size(), day_text(plan.last()))
                 : fmt::format(
                       "At {} minutes a day there is time for {} of {} labs until {}, "
                       "those that are asked most first.",
                       plan.minutes, now.seen_until_the_end, labs.size(),
                       day_text(plan.last())),
             0))
      fmt::print("{}\n", line);
  }
  return 0;
}

}  // namespace runner
