// The same calls, the same outcomes, the same clock: opossum beside our breaker. Where
// the rules agree the answers must be equal; where they rightly differ, both are pinned.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "../labs/14/fake_clock.hpp"
#include "circuit_breaker.hpp"
#include "lab/os/process.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Steps = std::vector<std::string>;
using Answers = std::vector<std::string>;

// opossum's rules in our words: one probe, a failure rate over the threshold (not at it)
// opens, and it waits for a lost probe for ever. Its window is one of 10 seconds.
Config config_like_opossum(Duration reset) {
  Config config;
  config.window = 1000;  // no history here has as many calls in one closed period
  config.minimum_calls = 4;
  config.failure_rate = 0.5 + 1e-9;
  config.open_for = reset;
  config.probes = 1;
  config.probe_wait = 24h;
  return config;
}

json trace_for_opossum(Duration reset, const Steps& steps) {
  const auto reset_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(reset).count();
  return {{"config",
           {{"errorThresholdPercentage", 50},
            {"volumeThreshold", 4},
            {"rollingCountTimeout", 10'000},
            {"rollingCountBuckets", 10},
            {"resetTimeout", reset_ms}}},
          {"steps", steps}};
}

Answers play_ours(const Config& config, const Steps& steps) {
  FakeClock clock;
  CircuitBreaker breaker(config, clock.reader());
  std::map<std::string, Permit> in_flight;
  Answers answers;
  for (const auto& step : steps) {
    const auto space = step.find(' ');
    const auto verb = step.substr(0, space), what = step.substr(space + 1);
    std::string answer;
    if (verb == "tick") {
      clock.advance(std::chrono::milliseconds(std::stol(what)));
    } else if (verb == "call") {
      auto permit = breaker.try_call();
      answer = permit ? "allowed " : "refused ";
      if (permit) in_flight.emplace(what, std::move(*permit));
    } else {
      in_flight.at(what).report(verb == "ok" ? Outcome::success : Outcome::failure);
    }
    answers.push_back(answer + std::string(to_string(breaker.state())));
  }
  return answers;
}

class OpossumConformance : public lab::test::BesideNode {
 protected:
  OpossumConformance() : BesideNode("opossum") {}

  static std::vector<Answers> play_opossum(const json& traces) {
    return json::parse(lab::test::answer_of_node("14_opossum.mjs", traces.dump()))
        .get<std::vector<Answers>>();
  }

  static Answers opossum(Duration reset, const Steps& steps) {
    return play_opossum(json::array({trace_for_opossum(reset, steps)})).front();
  }
};

// Half-open comes by a timer there, with the next call here: right after a tick the two
// may name different states. Everything else must be equal.
void expect_equal(const Steps& steps, const Answers& ours, const Answers& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].starts_with("tick")) continue;
    ASSERT_EQ(ours[i], theirs[i])
        << "step " << i << ": " << steps[i] << "\nof " << json(steps).dump();
  }
}

// A random history within the rules that both share: calls come one after the other, no
// success leaves a rate over the limit (opossum judges only failures), and what lies
// before a change of state has left opossum's window before it could count again.
class RandomTrace {
 public:
  explicit RandomTrace(unsigned seed) : random_(seed) {
    for (int outage = 0; outage < 5; ++outage) {
      until_open();
      recovery();
    }
  }
  Steps steps;

 private:
  void until_open() {
    int made = 0, failed = 0;
    while (made < 4 || 2 * failed <= made) {
      steps.push_back("tick " + std::to_string(random_() % 100));
      const bool stays_closed = made + 1 < 4 || 2 * failed <= made + 1;
      const bool ok = stays_closed && random_() % 10 < 4;
      call(ok);
      ++made, failed += !ok;
    }
  }

  void recovery() {
    for (auto failing_probes = random_() % 3;; --failing_probes) {
      steps.insert(steps.end(),
                   {"call refused", "tick 11999", "call refused", "tick 12000"});
      const bool ok = failing_probes == 0;
      call(ok);
      if (ok) break;
    }
    steps.push_back("tick 11000");
  }

  void call(bool ok) {
    const auto name = std::to_string(++calls_);
    steps.push_back("call " + name);
    steps.push_back((ok ? "ok " : "fail ") + name);
  }

  std::mt19937 random_;
  int calls_ = 0;
};

TEST_F(OpossumConformance, RandomHistoriesWithinTheSharedRulesGetTheSameAnswers) {
  std::vector<Steps> histories;
  json traces = json::array();
  for (unsigned seed = 1; seed <= 100; ++seed) {
    histories.push_back(RandomTrace(seed).steps);
    traces.push_back(trace_for_opossum(12s, histories.back()));
  }
  const auto theirs = play_opossum(traces);
  for (std::size_t i = 0; i < histories.size(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(i + 1));
    expect_equal(histories[i], play_ours(config_like_opossum(12s), histories[i]),
                 theirs[i]);
  }
}

TEST_F(OpossumConformance, ABurstInFlightOpensOnceAndOneProbeOfTenPasses) {
  Steps steps;
  const auto each = [&](const std::string& verb) {
    for (int i = 0; i < 10; ++i) steps.push_back(verb + std::to_string(i));
  };
  each("call a"), each("fail a"), each("call refused");
  steps.push_back("tick 12000");
  each("call b");
  steps.push_back("ok b0");
  each("call c");
  const auto ours = play_ours(config_like_opossum(12s), steps);
  const auto theirs = opossum(12s, steps);
  const auto count = [&](const Answers& answers, std::size_t from,
                         std::string_view answer) {
    return std::count_if(answers.begin() + static_cast<long>(from),
                         answers.begin() + static_cast<long>(from) + 10,
                         [&](const std::string& a) { return a.starts_with(answer); });
  };
  for (const auto& answers : {ours, theirs}) {
    EXPECT_EQ(count(answers, 0, "allowed"), 10);   // the burst
    EXPECT_EQ(count(answers, 20, "refused"), 10);  // while open
    EXPECT_EQ(count(answers, 31, "allowed"), 1);   // half-open
    EXPECT_EQ(count(answers, 42, "allowed"), 10);  // closed again
  }
}

TEST_F(OpossumConformance, TheTwinOfTheLabLetsThroughWhatTheLabLetsThrough) {
  const auto exit =
      lab::Child::run({"node", lab::test::source("labs/14_circuit_breaker/node.mjs")},
                      {.deadline = 30s})
          .wait();
  ASSERT_TRUE(exit.ok()) << exit.err;
  EXPECT_EQ(exit.out,
            "closed, the service is healthy: 10 of 10 reached it, 0 refused\n"
            "the burst that trips it: 30 of 30 reached it, 0 refused\n"
            "open: 0 of 100 reached it, 100 refused\n"
            "half-open, still down: 1 of 10 reached it, 9 refused\n"
            "half-open, it is back: 1 of 10 reached it, 9 refused\n"
            "closed again: 10 of 10 reached it, 0 refused\n"
            "states: open, halfOpen, open, halfOpen, close\n");
}

// ---- where the two rightly differ

struct Difference {
  Steps steps;
  std::string ours;  // the last answer
  std::string theirs;
  Duration reset = 1s;
  double failure_rate = 0.5 + 1e-9;
  Duration probe_wait = 24h;
};

class OpossumDifference : public OpossumConformance {
 protected:
  static void expect(const Difference& difference) {
    auto config = config_like_opossum(difference.reset);
    config.failure_rate = difference.failure_rate;
    config.probe_wait = difference.probe_wait;
    EXPECT_EQ(play_ours(config, difference.steps).back(), difference.ours) << "ours";
    EXPECT_EQ(opossum(difference.reset, difference.steps).back(), difference.theirs)
        << "opossum's";
  }

  static Steps outage() {
    return {"call 1", "fail 1", "call 2", "fail 2",
            "call 3", "fail 3", "call 4", "fail 4"};
  }
  static Steps outage_then(Steps more) {
    auto steps = outage();
    steps.insert(steps.end(), more.begin(), more.end());
    return steps;
  }
};

TEST_F(OpossumDifference, ExactlyAtTheRateOursOpensAndOpossumWaitsForMore) {
  expect({.steps = {"call 1", "ok 1", "call 2", "ok 2", "call 3", "fail 3", "call 4",
                    "fail 4"},
          .ours = "open",
          .theirs = "closed",
          .failure_rate = 0.5});
}

TEST_F(OpossumDifference, ASuccessThatCompletesTheMinimumOpensOnlyOurs) {
  expect({.steps = {"call 1", "fail 1", "call 2", "fail 2", "call 3", "fail 3", "call 4",
                    "ok 4"},
          .ours = "open",
          .theirs = "closed"});
}

TEST_F(OpossumDifference, OpossumCountsCallsInFlightAsIfTheyHadSucceeded) {
  Steps steps;
  for (int i = 0; i < 10; ++i) steps.push_back("call " + std::to_string(i));
  for (int i = 0; i < 4; ++i) steps.push_back("fail " + std::to_string(i));
  expect({.steps = steps, .ours = "open", .theirs = "closed"});
}

TEST_F(OpossumDifference, OpossumRemembersTheOutageAfterItClosed) {
  expect({.steps = outage_then({"tick 1000", "call 5", "ok 5", "call 6", "fail 6"}),
          .ours = "closed",
          .theirs = "open"});
}

TEST_F(OpossumDifference, OpossumForgetsOldFailuresOursRemembersTheLastCallsHoweverOld) {
  const Steps steps{"call 1", "fail 1",     "call 2", "fail 2", "call 3",
                    "fail 3", "tick 10000", "call 4", "fail 4"};
  expect({.steps = steps, .ours = "open", .theirs = "closed", .reset = 12s});
}

TEST_F(OpossumDifference, ALateSuccessFromBeforeTheOutageClosesOnlyOpossum) {
  const Steps steps{"call 1", "fail 1",    "call 2",     "fail 2",
                    "call 3", "fail 3",    "call late",  "call 4",
                    "fail 4", "tick 1000", "call probe", "ok late"};
  expect({.steps = steps, .ours = "half-open", .theirs = "closed"});
}

TEST_F(OpossumDifference, AProbeThatNeverReportsHoldsOnlyOpossumHalfOpenForEver) {
  const Steps lost{"tick 1000",    "call probe",   "tick 3600000",
                   "call refused", "tick 3600000", "call another"};
  expect({.steps = outage_then(lost),
          .ours = "allowed half-open",
          .theirs = "refused half-open",
          .probe_wait = 30s});
}

TEST_F(OpossumDifference, OpossumTurnsHalfOpenByATimerOursWithTheNextCall) {
  expect({.steps = outage_then({"tick 1000"}), .ours = "open", .theirs = "half-open"});
}

}  // namespace
}  // namespace lab14
