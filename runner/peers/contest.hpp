// contest.hpp: all contestants of a case, measured in interleaved rounds.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peers/measure.hpp"
#include "peers/plan.hpp"
#include "peers/statistics.hpp"

namespace runner {

struct Standing {
  Contestant who;
  std::string version{};
  std::string missing{};  // why it took no part
  std::vector<Round> rounds{};

  std::vector<double> wall_ns() const;  // of each round, for one operation
  std::vector<double> cpu_ns() const;
  std::vector<double> p99_ns() const;  // empty if it does not tell
};

struct Reached {
  Reached(Goal of, Interval is) : goal(std::move(of)), value(is) {}

  Goal goal;
  Interval value;  // the ratio, or the nanoseconds

  bool met() const { return met_by(value.middle); }
  // Both ends of the interval say the same.
  bool sure() const { return met_by(value.low) == met_by(value.high); }

 private:
  bool met_by(double one) const {
    return goal.under_ns > 0 ? one < goal.under_ns : one >= goal.at_least;
  }
};

// How much is played: so many rounds, but no more than `least` once the time is over.
struct Effort {
  int rounds = 21;
  int least = 21;
  std::chrono::milliseconds budget = std::chrono::hours(1);
  std::int64_t share = 1;  // of a round's operations, one in so many
};

struct Contest {
  Case of;
  std::vector<Standing> standings;

  const Standing& standing(const std::string& name) const;

  // Of each round by the case's clock, for one operation.
  std::vector<double> ns(const Standing& one) const;

  // How many times as long as ours, each beyond its own bare call where it has one;
  // nothing if either took no part.
  std::optional<Interval> beside_ours(const Standing& one) const;
  std::optional<Reached> reached(const Goal& goal) const;

 private:
  std::vector<double> beyond(const Standing& one) const;
};

// `on_round` is called before each round of each contestant: which one, of how many.
// Throws lab::Error when two did not do the same work.
Contest hold(const Case& one, const Effort& effort, const Ground& ground,
             const std::function<void(const Contestant&, int round)>& on_round);

}  // namespace runner
