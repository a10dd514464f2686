// plan.hpp: who is measured beside whom: bench/peers/NN.json, read and checked.
//
//   plan -- service: what all of them need (a database), started once
//       \-- cases -- contestants: ours, its peers, and the limits that nobody can beat
//                \-- goals: ratios that we work for
//
// Errors    A plan that is not one throws lab::Error with the file and what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runner {

struct Contestant {
  enum class Kind { ours, peer, limit };

  std::string name;
  Kind kind = Kind::peer;
  std::vector<std::string> run;  // {count} and others: bench/README.md
  std::int64_t count = 0;        // operations of one round
  std::string package{};         // of bench/peers/package.json; empty: none is needed
  std::string program{};         // that must be installed; empty: none is needed
  // The contestant that does the same without the thing that is measured. What counts then
  // is how much this one takes beyond it.
  std::string beyond{};
};

// The contestant `of` takes at least so many times what `over` takes (for rates: gets at
// most so much less); or, without an `over`, less than so many nanoseconds.
struct Goal {
  std::string of;
  std::string over{};
  double at_least = 1;
  bool by_p99 = false;  // of what each tells as its slowest hundredth
  double under_ns = 0;
};

struct Case {
  // `bytes`: then a contestant tells bytes where else it tells nanoseconds.
  enum class Unit { ns, us, ms, per_second, bytes };
  // CPU time is what a thread that only computes takes, however busy the machine is; wall
  // time counts the waiting too.
  enum class Clock { cpu, wall };

  std::string name;
  std::string operation;  // what one of them is: "a call"
  Unit unit = Unit::ns;
  Clock clock = Clock::wall;
  std::int64_t check = 0;  // operations by which equal work is checked before
  std::vector<Contestant> contestants;
  std::vector<Goal> goals;

  const Contestant* find(std::string_view wanted) const;
  const Contestant& ours() const;
};

struct Plan {
  std::string lab;                     // "14"
  std::vector<std::string> service{};  // a command; empty: none is needed
  std::vector<Case> cases;

  // `origin` is what an error calls the text.
  static Plan parse(std::string_view text, const std::string& origin);
};

}  // namespace runner
