#include "rehearse/interviewer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace runner {

namespace {

constexpr double kGood = 0.8;  // of what one must say
constexpr std::size_t kWeakest = 3;

// Those of `points` whose number is not among the ticked ones.
std::vector<std::string> not_ticked(const std::vector<std::string>& points,
                                    const std::set<std::size_t>& ticked) {
  for (const std::size_t number : ticked) {
    if (number < 1 || number > points.size())
      throw Usage(fmt::format("there is no point {}", number));
  }
  std::vector<std::string> missed;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!ticked.contains(i + 1)) missed.push_back(points[i]);
  }
  return missed;
}

// What was good about this answer; "" if nothing was.
std::string praise(const Answered& answered) {
  const Interview& interview = answered.interview;
  std::vector<std::string> parts;
  if (interview.score() >= kGood)
    parts.push_back(fmt::format("{} of {} points", interview.said, interview.points));
  if (interview.senior > 0 && 2 * interview.senior >= interview.senior_points)
    parts.push_back(fmt::format("{} of {} that a senior adds", interview.senior,
                                interview.senior_points));
  if (answered.predicted.value_or(false))
    parts.emplace_back("you predicted what the run did");
  if (parts.empty()) return "";
  return fmt::format("{} {}.", answered.lab.question, fmt::join(parts, ", "));
}

// The points of this answer that were missed, the worst first.
std::vector<WeakPoint> missed_of(const Answered& answered, const Place& place) {
  const Lab& lab = answered.lab;
  const Page page = page_of(lab, place);
  const std::string command = lab.written(place) ? "./lab run " + lab.typed()
                                                 : "labs/" + lab.folder + "/README.md";
  std::vector<WeakPoint> points;
  if (answered.interview.wrong)
    points.push_back({lab,
                      fmt::format("You gave the usual wrong answer: \"{}\"", page.wrong),
                      "", command});
  for (const std::string& missed : answered.interview.missed) {
    const auto found = std::ranges::find(page.must_say, missed);
    const auto at = static_cast<std::size_t>(found - page.must_say.begin());
    points.push_back(
        {lab, missed, found == page.must_say.end() ? "" : page.proven_by[at], command});
  }
  if (!answered.predicted.value_or(true))
    points.push_back({lab, "You did not predict what its run does.", "",
                      "./lab drill --lab " + lab.typed()});
  return points;
}

}  // namespace

std::vector<Lab> askable(const Catalog& catalog, const Place& place,
                         const std::string& section, const std::string& lab) {
  std::vector<Lab> labs;
  for (const Lab& one : catalog.meant(section, lab)) {
    if (!page_of(one, place).spoken.empty()) labs.push_back(one);
  }
  if (labs.empty())
    throw Usage("there is no page yet that an interview could be held about");
  return labs;
}

double weight(const Lab& lab, const Interview* last) {
  const double often = lab.common == "very common" ? 4 : lab.common == "common" ? 2 : 1;
  const double weak = last ? 0.25 + 2 * (1 - last->score()) : 1.5;
  return often * weak;
}

const Lab* next_question(const std::vector<Lab>& labs, const Interviews& interviews,
                         const std::set<std::string>& asked, Random& random) {
  std::vector<double> weights;
  for (const Lab& lab : labs) {
    weights.push_back(
        asked.contains(lab.number) ? 0 : weight(lab, interviews.last(lab.number)));
  }
  if (std::ranges::all_of(weights, [](double each) { return each == 0; })) return nullptr;
  std::discrete_distribution<std::size_t> any(weights.begin(), weights.end());
  return &labs[any(random)];
}

Random random_of(unsigned seed, std::size_t number) {
  std::seed_seq both{seed, static_cast<unsigned>(number)};
  return Random(both);
}

void grade(Answered& answered, const Page& page, const Ticked& ticked) {
  auto missed = not_ticked(page.must_say, ticked.said);
  answered.senior_missed = not_ticked(page.senior, ticked.senior);
  Interview& interview = answered.interview;
  interview.points = static_cast<int>(page.must_say.size());
  interview.said = static_cast<int>(ticked.said.size());
  interview.missed = std::move(missed);
  interview.senior_points = static_cast<int>(page.senior.size());
  interview.senior = static_cast<int>(ticked.senior.size());
  interview.wrong = ticked.wrong && !page.wrong.empty();
}

std::optional<FollowUp> any_follow_up(const Page& page, Random& random) {
  if (page.follow_ups.empty()) return std::nullopt;
  std::uniform_int_distribution<std::size_t> any(0, page.follow_ups.size() - 1);
  return page.follow_ups[any(random)];
}

std::optional<DrillItem> any_scenario(const Lab& lab, const Place& place,
                                      Random& random) {
  if (!exists(lab.program(place))) return std::nullopt;
  auto items = drill_of(lab, place);
  std::erase_if(items, [](const DrillItem& item) {
    return item.kind != DrillItem::Kind::scenario;
  });
  if (items.empty()) return std::nullopt;
  std::uniform_int_distribution<std::size_t> any(0, items.size() - 1);
  return items[any(random)];
}

std::vector<WeakPoint> weakest(std::vector<Answered> answers, const Place& place,
                               std::size_t most) {
  std::ranges::stable_sort(answers, {},
                           [](const Answered& each) { return each.interview.score(); });
  std::vector<std::vector<WeakPoint>> missed;
  std::size_t turns = 0;
  for (const Answered& answered : answers) {
    missed.push_back(missed_of(answered, place));
    turns = std::max(turns, missed.back().size());
  }
  std::vector<WeakPoint> points;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (const auto& each : missed) {
      if (turn < each.size()) points.push_back(each[turn]);
    }
  }
  if (points.size() > most) points.resize(most);
  return points;
}

MockReport report_of(const std::vector<Answered>& done, const Place& place) {
  MockReport report;
  for (const Answered& answered : done) {
    if (std::string good = praise(answered); !good.empty())
      report.well.push_back(std::move(good));
  }
  report.weak = weakest(done, place, kWeakest);
  // Where all was said that must be said, what a senior adds is what is left to learn.
  for (const Answered& answered : done) {
    for (const std::string& missed : answered.senior_missed)
      report.weak.push_back(
          {answered.lab, missed, "", "labs/" + answered.lab.folder + "/README.md"});
  }
  if (report.weak.size() > kWeakest) report.weak.resize(kWeakest);
  return report;
}

std::string points_text(const Interview& interview) {
  return fmt::format("{} of {} points, {} of {} that a senior adds", interview.said,
                     interview.points, interview.senior, interview.senior_points);
}

}  // namespace runner
