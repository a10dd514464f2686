#include "peers/contest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/core/error.hpp"

namespace runner {

namespace {

std::optional<Interval> ratio(std::vector<double> over,
                              const std::vector<double>& under) {
  if (over.empty() || over.size() != under.size()) return {};
  for (std::size_t i = 0; i < over.size(); ++i) over[i] /= under[i];
  return ratio_interval(over);
}

// What came out of a few operations; nothing if it cannot take part after all.
std::optional<std::string> tried(Standing& one, std::int64_t count,
                                 const Ground& ground) {
  if (!one.missing.empty()) return {};
  try {
    return play_round(one.who, count, ground).check;
  } catch (const CannotTakePart& lack) {
    one.missing = lack.what();
    return {};
  }
}

// All must answer the same for the same few operations; a limit does less by nature.
void expect_same_work(Contest& contest, const Ground& ground) {
  std::string expected, first;
  for (Standing& one : contest.standings) {
    const auto check = tried(one, contest.of.check, ground);
    if (!check || one.who.kind == Contestant::Kind::limit) continue;
    if (first.empty()) {
      first = one.who.name;
      expected = *check;
    }
    if (*check != expected) {
      throw lab::Error("compare " + contest.of.name,
                       fmt::format("not the same work: {} got \"{}\", {} \"{}\"", first,
                                   expected, one.who.name, *check));
    }
  }
}

}  // namespace

std::vector<double> Standing::wall_ns() const {
  std::vector<double> all;
  for (const Round& round : rounds) all.push_back(round.ns);
  return all;
}

std::vector<double> Standing::cpu_ns() const {
  std::vector<double> all;
  for (const Round& round : rounds) all.push_back(round.cpu_ns);
  return all;
}

std::vector<double> Standing::p99_ns() const {
  std::vector<double> all;
  for (const Round& round : rounds) {
    if (round.p99_ns) all.push_back(*round.p99_ns);
  }
  return all;
}

const Standing& Contest::standing(const std::string& name) const {
  return *std::ranges::find_if(standings,
                               [&](const Standing& one) { return one.who.name == name; });
}

std::vector<double> Contest::ns(const Standing& one) const {
  return of.clock == Case::Clock::cpu ? one.cpu_ns() : one.wall_ns();
}

std::vector<double> Contest::beyond(const Standing& one) const {
  std::vector<double> all = ns(one);
  if (one.who.beyond.empty()) return all;
  const std::vector<double> bare = ns(standing(one.who.beyond));
  if (bare.size() != all.size()) return {};
  // What is not above its bare call is taken as a tenth of a nanosecond.
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = std::max(all[i] - bare[i], 0.1);
  return all;
}

std::optional<Interval> Contest::beside_ours(const Standing& one) const {
  return ratio(beyond(one), beyond(standing(of.ours().name)));
}

std::optional<Reached> Contest::reached(const Goal& goal) const {
  const Standing& above = standing(goal.of);
  if (goal.under_ns > 0) {
    const std::vector<double> all = beyond(above);
    if (all.empty()) return {};
    return Reached{goal, ratio_interval(all)};
  }
  const Standing& below = standing(goal.over);
  const auto value = goal.by_p99 ? ratio(above.p99_ns(), below.p99_ns())
                                 : ratio(beyond(above), beyond(below));
  if (!value) return {};
  return Reached{goal, *value};
}

Contest hold(const Case& one, const Effort& effort, const Ground& ground,
             const std::function<void(const Contestant&, int round)>& on_round) {
  using Clock = std::chrono::steady_clock;
  Contest contest{one, {}};
  for (const Contestant& who : one.contestants) {
    const Presence there = presence(who, ground);
    contest.standings.push_back({who, there.version, there.missing});
  }
  expect_same_work(contest, ground);
  const std::size_t all = contest.standings.size();
  const auto end = Clock::now() + effort.budget;
  for (int round = 0; round < effort.rounds; ++round) {
    if (round >= effort.least && Clock::now() > end) break;
    for (std::size_t i = 0; i < all; ++i) {
      // Each round begins with another one, so that nobody always follows the same.
      Standing& next = contest.standings[(i + static_cast<std::size_t>(round)) % all];
      if (!next.missing.empty()) continue;
      on_round(next.who, round);
      const std::int64_t count = std::max<std::int64_t>(1, next.who.count / effort.share);
      next.rounds.push_back(play_round(next.who, count, ground));
    }
  }
  return contest;
}

}  // namespace runner
