#include "rehearse/agenda.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/aside.hpp"
#include "core/read_text.hpp"
#include "core/write_text.hpp"
#include "drill/mix.hpp"
#include "rehearse/data.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using Kind = Task::Kind;
using std::chrono::days;

constexpr std::size_t kWeakest = 5;

fs::path plan_file(const fs::path& folder) {
  return folder / "plan.json";
}

struct Drilled {
  std::size_t waiting = 0;
  std::size_t today = 0;  // different questions
  std::set<Day> days{};
};

Drilled drilled(const Catalog& catalog, const Place& place, const fs::path& folder,
                Day day) {
  std::vector<DrillItem> items;
  for (const Lab& lab : catalog.labs()) {
    for (DrillItem& item : drill_of(lab, place)) items.push_back(std::move(item));
  }
  DrillStore store(folder / "drill.json");
  Drilled drilled{.waiting = daily_mix(items, store.read(), {}, day).size()};
  std::set<std::string> today;
  for (const Answer& answer : store.answers()) {
    drilled.days.insert(answer.day);
    if (answer.day == day) today.insert(answer.id);
  }
  drilled.today = today.size();
  return drilled;
}

// The days since the plan began, before today, on which nothing was done.
std::vector<Day> missed_days(const StudyPlan& plan, const std::set<Day>& busy, Day day) {
  std::vector<Day> missed;
  for (Day one = plan.begin; one < std::min(day, plan.last() + days(1)); one += days(1)) {
    if (!busy.contains(one)) missed.push_back(one);
  }
  return missed;
}

std::string missed_text(const std::vector<Day>& missed) {
  if (missed.empty()) return "";
  if (missed.size() == 1)
    return fmt::format(
        "You missed a day ({}). Its lessons have moved to the days that are left.",
        day_text(missed[0]));
  return fmt::format(
      "You missed {} days, the last on {}. Their lessons have moved to the days that are "
      "left.",
      missed.size(), day_text(missed.back()));
}

// What was missed in the last mock of each question.
std::vector<WeakPoint> missed_last(const Catalog& catalog, const Place& place,
                                   const Interviews& interviews) {
  std::vector<Answered> last;
  for (const Lab& lab : catalog.labs()) {
    if (const Interview* interview = interviews.last(lab.number))
      last.push_back({lab, *interview, {}, {}});
  }
  return weakest(std::move(last), place, kWeakest);
}

std::string head_of(const Agenda& agenda) {
  const auto number = (agenda.day - agenda.plan.begin).count() + 1;
  if (number > agenda.plan.days)
    return fmt::format("The plan ended on {}; it goes on", day_text(agenda.plan.last()));
  int minutes = 0;
  for (const Task& task : agenda.today.tasks) minutes += task.minutes;
  const std::string head = fmt::format("Day {} of {}", number, agenda.plan.days);
  if (minutes == 0) return head;
  return fmt::format("{}, about {} minutes{}", head, minutes,
                     agenda.today.done.empty() ? "" : " left");
}

std::string outlook_of(const Agenda& agenda, std::size_t labs) {
  if (agenda.day > agenda.plan.last()) return "";
  const std::size_t seen = agenda.today.seen_until_the_end;
  if (seen == labs)
    return fmt::format("At this pace you have run all {} labs by {}.", labs,
                       day_text(agenda.plan.last()));
  const std::string outlook = fmt::format(
      "At {} minutes a day there is time for {} of {} labs until {}, those that are "
      "asked most first.",
      agenda.plan.minutes, seen, labs, day_text(agenda.plan.last()));
  if (!agenda.today.minutes_for_all) return outlook;
  return outlook + fmt::format(" For all of them, plan about {} minutes a day.",
                               agenda.today.minutes_for_all);
}

}  // namespace

std::vector<SectionProgress> progress_of(const Catalog& catalog, const Progress& progress,
                                         const Interviews& interviews) {
  std::vector<SectionProgress> sections;
  for (const Lab& lab : catalog.labs()) {
    if (sections.empty() || sections.back().section != lab.section)
      sections.push_back({lab.section});
    SectionProgress& one = sections.back();
    ++one.all;
    one.run += progress.run.contains(lab.number) ? 1 : 0;
    one.walked += progress.walked.contains(lab.number) ? 1 : 0;
    one.answered += interviews.last(lab.number) ? 1 : 0;
  }
  return sections;
}

std::optional<StudyPlan> kept_plan(const fs::path& folder) {
  const fs::path file = plan_file(folder);
  const auto text = read_text(file);
  if (!text) return std::nullopt;
  auto plan = parse_plan(*text);
  if (!plan) {
    set_aside(file);
    fs::remove(file);
  }
  return plan;
}

void keep_plan(const fs::path& folder, const PlanOptions& options) {
  const auto kept = kept_plan(folder);
  StudyPlan plan = kept.value_or(StudyPlan{.begin = today()});
  if (options.days) plan.begin = today();
  plan.days = options.days.value_or(plan.days);
  plan.minutes = options.minutes.value_or(plan.minutes);
  write_text(plan_file(folder), plan_text(plan), "the plan cannot be kept");
}

Agenda agenda_of(const Catalog& catalog, const Place& place, const fs::path& folder) {
  Agenda agenda{.day = today()};
  const auto kept = kept_plan(folder);
  agenda.is_kept = kept.has_value();
  agenda.plan = kept.value_or(StudyPlan{.begin = agenda.day});
  const Progress progress = read_progress(folder / "progress");
  const Interviews interviews(folder / "interviews.ndjson");
  const Drilled drill = drilled(catalog, place, folder, agenda.day);
  const auto labs = catalog.all_written(place);
  std::set<Day> busy = progress.days;
  busy.insert(drill.days.begin(), drill.days.end());
  for (const Interview& interview : interviews.all()) busy.insert(interview.day);

  agenda.drills = drill.waiting;
  agenda.today = plan_for(
      agenda.plan, labs, progress, drill.waiting, agenda.day,
      {.drill = drill.today >= MixLimits{}.fresh || (drill.today && !drill.waiting),
       .mock = std::ranges::any_of(interviews.all(), [&](const Interview& interview) {
         return interview.day == agenda.day;
       })});
  agenda.head = head_of(agenda);
  // Once every lesson is done, a day may pass with nothing to do.
  if (std::min(progress.run.size(), progress.walked.size()) < labs.size())
    agenda.missed = missed_text(missed_days(agenda.plan, busy, agenda.day));
  agenda.weak = missed_last(catalog, place, interviews);
  agenda.sections = progress_of(catalog, progress, interviews);
  agenda.outlook = outlook_of(agenda, labs.size());
  agenda.notices = damage_in(folder);
  return agenda;
}

TaskText text_of(const Task& task, const Catalog& catalog, const Agenda& agenda) {
  const Lab* lab = catalog.find(task.lab);
  switch (task.kind) {
    case Kind::see:
      return {task.minutes, "./lab run " + lab->typed(), lab->question};
    case Kind::walk:
      return {task.minutes, "./lab walk " + lab->typed(), "its code, step by step"};
    case Kind::drill:
      return {
          task.minutes, "./lab drill",
          agenda.drills == 1 ? "1 question" : fmt::format("{} questions", agenda.drills)};
    case Kind::mock:
      return {task.minutes, fmt::format("./lab mock --minutes {}", task.minutes),
              "answer aloud, against the clock"};
  }
  return {};
}

}  // namespace runner
