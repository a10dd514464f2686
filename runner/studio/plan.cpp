#include "studio/plan.hpp"

#include <fmt/format.h>

namespace runner {

namespace {

const char* word(Task::Kind kind) {
  switch (kind) {
    case Task::Kind::see:
      return "see";
    case Task::Kind::walk:
      return "walk";
    case Task::Kind::drill:
      return "drill";
    case Task::Kind::mock:
      return "mock";
  }
  return "";
}

std::optional<int> number_in(const Json& message, const char* key, int least, int most) {
  const auto found = message.find(key);
  if (found == message.end() || found->is_null()) return std::nullopt;
  if (!found->is_number_integer() || *found < least || *found > most)
    throw Usage(fmt::format("{} is a number from {} to {}", key, least, most));
  return found->get<int>();
}

Json json_of(const std::vector<SectionProgress>& sections) {
  Json list = Json::array();
  for (const SectionProgress& one : sections) {
    list.push_back({{"section", one.section},
                    {"all", one.all},
                    {"run", one.run},
                    {"walked", one.walked},
                    {"answered", one.answered}});
  }
  return list;
}

}  // namespace

Json StudioPlan::task(const Task& task, const Agenda& agenda) const {
  const TaskText text = text_of(task, catalog_, agenda);
  return {{"kind", word(task.kind)},
          {"minutes", text.minutes},
          {"lab", task.lab},
          {"command", text.command},
          {"what", text.what}};
}

Json StudioPlan::today() const {
  const Agenda agenda = agenda_of(catalog_, place_, folder_);
  Json tasks = Json::array(), done = Json::array(), weak = Json::array();
  for (const Task& one : agenda.today.tasks) tasks.push_back(task(one, agenda));
  for (const Task& one : agenda.today.done) done.push_back(task(one, agenda));
  for (const WeakPoint& one : agenda.weak) {
    weak.push_back({{"lab", one.lab.number},
                    {"text", one.text},
                    {"claim", one.claim},
                    {"command", one.command}});
  }
  return {{"is", "plan"},
          {"kept", agenda.is_kept},
          {"begin", day_text(agenda.plan.begin)},
          {"last", day_text(agenda.plan.last())},
          {"days", agenda.plan.days},
          {"minutes", agenda.plan.minutes},
          {"day", day_text(agenda.day)},
          {"head", agenda.head},
          {"tasks", tasks},
          {"done", done},
          {"missed", agenda.missed},
          {"weak", weak},
          {"sections", json_of(agenda.sections)},
          {"outlook", agenda.outlook},
          {"notices", agenda.notices}};
}

Json StudioPlan::obey(const Json& message) const {
  const PlanOptions options{number_in(message, "days", 1, 365),
                            number_in(message, "minutes", 10, 600)};
  if (!options.days && !options.minutes) throw Usage("a plan has days or minutes");
  keep_plan(folder_, options);
  return today();
}

void StudioPlan::note(const char* did, const Lab& lab) const {
  note_progress(folder_ / "progress", did, lab.number, runner::today());
}

}  // namespace runner
