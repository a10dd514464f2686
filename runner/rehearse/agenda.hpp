// agenda.hpp: the plan of your data folder, and all that there is to say about today. The
// terminal and the studio both show it.
//
// Errors    A folder that cannot be used throws lab::Error. A damaged file is told in `notices`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rehearse/interviewer.hpp"
#include "rehearse/plan.hpp"

namespace runner {

struct SectionProgress {
  std::string section{};
  int all = 0;
  int run = 0;
  int walked = 0;
  int answered = 0;  // in a mock

  bool operator==(const SectionProgress&) const = default;
};

// How far you are with each section, in the order of the catalogue.
[[nodiscard]] std::vector<SectionProgress> progress_of(const Catalog& catalog,
                                                       const Progress& progress,
                                                       const Interviews& interviews);

struct Agenda {
  StudyPlan plan{};
  bool is_kept = false;  // else it is what a new plan would say
  Day day{};
  std::string head{};  // "Day 3 of 14, about 38 minutes"
  Today today{};
  std::size_t drills = 0;  // questions that wait
  std::string missed{};    // the days on which you did nothing; "" if there are none
  std::vector<WeakPoint> weak{};
  std::vector<SectionProgress> sections{};
  std::string outlook{};  // how far you come until the end; "" after it
  std::vector<std::string> notices{};
};

// Nothing if there is none. A damaged one is set aside.
[[nodiscard]] std::optional<StudyPlan> kept_plan(const std::filesystem::path& folder);

// Keeps a new plan: of so many days from today, or with other minutes. What is not given stays
// as it was.
void keep_plan(const std::filesystem::path& folder, const PlanOptions& options);

[[nodiscard]] Agenda agenda_of(const Catalog& catalog, const Place& place,
                               const std::filesystem::path& folder);

// A task in words.
struct TaskText {
  int minutes = 0;
  std::string command{};
  std::string what{};
};

[[nodiscard]] TaskText text_of(const Task& task, const Catalog& catalog,
                               const Agenda& agenda);

}  // namespace runner
