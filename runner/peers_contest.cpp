#include "peers_contest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/error.hpp"

namespace runner {

namespace {

// All must answer the same for the same few operations; a limit does less by nature.
void expect_same_work(const Contest& contest, const Place& place) {
  std::string expected, first;
  for (const Standing& one : contest.standings) {
    if (!one.missing.empty() || one.who.kind == Contestant::Kind::limit) continue;
    const std::string check = play_round(one.who, contest.of.check, place).check;
    if (first.empty()) {
      first = one.who.name;
      expected = check;
    }
    if (check != expected) {
      throw lab::Error("compare " + contest.of.name,
                       fmt::format("not the same work: {} got \"{}\", {} \"{}\"", first,
                                   expected, one.who.name, check));
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

std::optional<Interval> Contest::ratio(const Standing& above,
                                       const Standing& below) const {
  std::vector<double> over = beyond(above), under = beyond(below);
  if (over.empty() || over.size() != under.size()) return {};
  for (std::size_t i = 0; i < over.size(); ++i) over[i] /= under[i];
  return ratio_interval(over);
}

std::optional<Interval> Contest::beside_ours(const Standing& one) const {
  return ratio(one, standing(of.ours().name));
}

std::optional<Reached> Contest::reached(const Goal& goal) const {
  const auto interval = ratio(standing(goal.of), standing(goal.over));
  if (!interval) return {};
  return Reached{goal, *interval};
}

Contest hold(const Case& one, int rounds, const Place& place,
             const std::function<void(const Contestant&, int round)>& on_round) {
  Contest contest{one, {}};
  for (const Contestant& who : one.contestants) {
    const Presence there = presence(who, place);
    contest.standings.push_back({who, there.version, there.missing});
  }
  expect_same_work(contest, place);
  const std::size_t all = contest.standings.size();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < all; ++i) {
      // Each round begins with another one, so that nobody always follows the same.
      Standing& next = contest.standings[(i + static_cast<std::size_t>(round)) % all];
      if (!next.missing.empty()) continue;
      on_round(next.who, round);
      next.rounds.push_back(play_round(next.who, next.who.count, place));
    }
  }
  return contest;
}

}  // namespace runner
