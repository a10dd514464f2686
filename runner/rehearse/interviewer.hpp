// interviewer.hpp: what a mock interview asks, how an answer is graded, and what the report
// says. The terminal and the studio both ask through it.
//
//   next_question -> your answer -> graded -> any_follow_up -> any_scenario -> ... -> report_of
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "core/page.hpp"
#include "drill/item.hpp"
#include "rehearse/interviews.hpp"

namespace runner {

using Random = std::mt19937;

// The labs of a section (or the one lab) whose page has an answer. Throws Usage if none has.
[[nodiscard]] std::vector<Lab> askable(const Catalog& catalog, const Place& place,
                                       const std::string& section,
                                       const std::string& lab);

// How likely a question is to be asked: how often interviewers ask it, and more if you never
// answered it here, or missed much of it the last time.
[[nodiscard]] double weight(const Lab& lab, const Interview* last);

// One of the labs that were not asked yet; nothing if there is none.
[[nodiscard]] const Lab* next_question(const std::vector<Lab>& labs,
                                       const Interviews& interviews,
                                       const std::set<std::string>& asked,
                                       Random& random);

// What the n-th question of an interview is chosen with: the same seed asks the same questions,
// also when the interview was left and taken up again.
[[nodiscard]] Random random_of(unsigned seed, std::size_t number);

// What you ticked, by number from 1.
struct Ticked {
  std::set<std::size_t> said{};    // of what one must say
  std::set<std::size_t> senior{};  // of what makes it a senior's answer
  bool wrong = false;              // the usual wrong answer
};

// A question that you have answered. `interview` is what is kept; the rest is for the report.
struct Answered {
  Lab lab{};
  Interview interview{};
  std::vector<std::string> senior_missed{};
  std::optional<bool> predicted{};  // right or not; nothing if nothing was predicted
};

// Notes what was ticked. Throws Usage for a number that the page does not have.
void grade(Answered& answered, const Page& page, const Ticked& ticked);

[[nodiscard]] std::optional<FollowUp> any_follow_up(const Page& page, Random& random);

// One of the lab's scenarios, if its program is built: a run is the judge of it.
[[nodiscard]] std::optional<DrillItem> any_scenario(const Lab& lab, const Place& place,
                                                    Random& random);

struct WeakPoint {
  Lab lab{};
  std::string text{};
  std::string claim{};    // that proves it, "14.1"; or ""
  std::string command{};  // that shows it
};

// The weakest points of these answers, `most` at most: the worst of each answer in turn, the
// weakest answer first.
[[nodiscard]] std::vector<WeakPoint> weakest(std::vector<Answered> answers,
                                             const Place& place, std::size_t most);

struct MockReport {
  std::vector<std::string> well{};  // what went well, a sentence for each answer
  std::vector<WeakPoint> weak{};    // three at most
};

[[nodiscard]] MockReport report_of(const std::vector<Answered>& done, const Place& place);

// "4 of 5 points, 1 of 6 that a senior adds"
[[nodiscard]] std::string points_text(const Interview& interview);

}  // namespace runner
