// plan.hpp: `./lab plan`, what to do today until the interview.
//
//   see     run a lab that you have not run: the most asked first, the easy ones before the hard
//   walk    read its code
//   drill   what is due, and some new questions
//   mock    every third day, and on the last two
//
// It is made anew from what you have done, so a day that you missed moves what is left, and
// nothing is owed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "core/day.hpp"
#include "core/progress.hpp"

namespace runner {

struct StudyPlan {
  Day begin{};
  int days = 14;
  int minutes = 40;  // a day

  Day last() const { return begin + std::chrono::days(days - 1); }
};

struct Task {
  enum class Kind { see, walk, drill, mock };
  Kind kind;
  int minutes;
  std::string lab{};  // of see and walk

  bool operator==(const Task&) const = default;
};

// What you have done of this day's drill and mock; lessons are in the progress.
struct DoneToday {
  bool drill = false;
  bool mock = false;
};

struct Today {
  std::vector<Task> tasks{};  // that are left
  std::vector<Task> done{};
  std::size_t seen_until_the_end = 0;  // labs, at this pace
  int minutes_for_all = 0;  // a day, to run all labs; 0 if this pace does, or none would
};

// `labs` are those that can be run; `drills` is how many questions wait. A plan that has ended
// goes on as its last day.
[[nodiscard]] Today plan_for(const StudyPlan& plan, const std::vector<Lab>& labs,
                             const Progress& progress, std::size_t drills, Day day,
                             const DoneToday& done = {});

std::string plan_text(const StudyPlan& plan);
std::optional<StudyPlan> parse_plan(std::string_view text);  // nothing if it is none

struct PlanOptions {
  std::optional<int> days{}, minutes{};  // given: a new plan, from today
};

// Exit code 0.
int plan(const Catalog& catalog, const Place& place, const PlanOptions& options);

}  // namespace runner
