// Lab 05 as a whole, as a person runs it: every claim, exit code, and what is left
// behind.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/os/process.hpp"
#include "support/places.hpp"

namespace {

using nlohmann::json;
using std::string;
using namespace std::chrono_literals;

const std::string kLab = lab::test::built("labs/05_backpressure");

struct Played {
  lab::Exit exit;
  std::vector<json> events;

  std::vector<json> named(const string& name) const {
    std::vector<json> found;
    for (const json& event : events) {
      if (event.at("name") == name) found.push_back(event.at("args"));
    }
    return found;
  }
};

Played play(std::vector<string> flags) {
  flags.insert(flags.begin(), {kLab, "--json"});
  lab::Child child = lab::Child::run(flags, {.deadline = 55s});
  Played played{child.wait(), {}};
  std::istringstream lines(played.exit.out);
  for (string line; std::getline(lines, line);) {
    played.events.push_back(json::parse(line));
  }
  return played;
}

// The verdict of each claim: it holds if it held every time it was made.
std::map<string, bool> claims_of(const Played& played) {
  std::map<string, bool> claims;
  for (const json& event : played.events) {
    if (event.value("cat", "") != "claim") continue;
    const json& args = event.at("args");
    const bool holds = args.at("holds").get<bool>();
    const auto [at, is_new] = claims.try_emplace(args.at("id").get<string>(), holds);
    at->second = at->second && holds;
  }
  return claims;
}

TEST(Lab05, ProvesItsSixClaimsSaysTheirNuancesAndExitsWithZero) {
  const Played quick = play({"--quick"});
  EXPECT_EQ(quick.exit.code, 0) << quick.exit.err;
  const std::map<string, bool> all{{"05.1", true}, {"05.2", true}, {"05.3", true},
                                   {"05.4", true}, {"05.5", true}, {"05.6", true}};
  EXPECT_EQ(claims_of(quick), all);

  std::set<string> nuances;
  for (const json& event : quick.events) {
    if (event.value("cat", "") == "nuance") nuances.insert(event.at("args").at("id"));
  }
  EXPECT_EQ(nuances, (std::set<string>{"05.1", "05.2", "05.3"}));

  ASSERT_FALSE(quick.events.empty());
  const json& end = quick.events.back();
  EXPECT_EQ(end.at("name"), "end");
  EXPECT_EQ(end.at("args").at("exit"), 0);
  EXPECT_EQ(end.at("args").at("dropped"), 0);
}

TEST(Lab05, ShowsTheQueueOfTheFloodedChildUntilItDies) {
  const Played cliff = play({"--quick", "--scene", "cliff"});
  std::set<int> floods;
  double last = 0;
  for (const json& event : cliff.events) {
    if (event.value("ph", "") != "C") continue;
    floods.insert(event.at("pid").get<int>());
    if (event.at("name") != "ignored queued") continue;
    last = event.at("args").begin()->get<double>();
  }
  EXPECT_EQ(floods.size(), 2u);
  EXPECT_GT(last, 24 << 20);  // half of what it was allowed
}

TEST(Lab05, TellsWhichDrainCausedWhichResume) {
  const Played ways = play({"--quick", "--scene", "ways"});
  std::set<std::uint64_t> drains, causes;
  for (const json& args : ways.named("drain")) {
    drains.insert(args.at("event").get<std::uint64_t>());
  }
  for (const json& args : ways.named("resume")) {
    if (args.contains("cause")) causes.insert(args.at("cause").get<std::uint64_t>());
  }
  EXPECT_FALSE(drains.empty());
  EXPECT_EQ(causes, drains);
}

TEST(Lab05, PipelineLeavesNoSinkOpenAndPipeLeavesIt) {
  const Played failures = play({"--quick", "--scene", "failures"});
  std::map<string, string> sinks;  // after the source has failed
  for (const json& args : failures.named("After the failure")) {
    for (const json& row : args.at("rows")) {
      if (row.at(1) == "source") sinks[row.at(0)] = row.at(4);
    }
  }
  EXPECT_EQ(sinks,
            (std::map<string, string>{{"pipe", "open"}, {"pipeline", "destroyed"}}));
}

// The control of the whole lab: with a source that cannot outrun its sink, the claims
// that need backpressure must fail.
TEST(Lab05Control, FailsWhereTheSourceIsTooSlow) {
  const Played rise =
      play({"--quick", "--scene", "rise", "--source-rate", "8", "--sink-rate", "64"});
  EXPECT_EQ(rise.exit.code, 1);
  EXPECT_EQ(claims_of(rise), (std::map<string, bool>{{"05.1", false}}));
}

TEST(Lab05Control, OtherMarksAndChunksHoldToo) {
  const Played ways = play({"--quick", "--scene", "ways", "--high-water-mark", "100000",
                            "--chunk", "30000", "--sink-rate", "16"});
  EXPECT_EQ(ways.exit.code, 0) << ways.exit.out;
  EXPECT_EQ(claims_of(ways).size(), 4u);
}

TEST(Lab05Control, RefusesAKnobOutOfRange) {
  lab::Child child = lab::Child::run({kLab, "--high-water-mark", "0"});
  const lab::Exit& exit = child.wait();
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("high-water-mark"), string::npos) << exit.err;
}

}  // namespace
