// The state machine, one rule after the other, on a clock that only the test moves.
#include "circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>

#include "fake_clock.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;

Config small() {
  Config config;
  config.window = 10;
  config.minimum_calls = 4;
  config.failure_rate = 0.5;
  config.open_for = 100ms;
  config.probes = 3;
  config.probe_wait = 1s;
  return config;
}

class Breaker : public ::testing::Test {
 protected:
  CircuitBreaker& use(Config config) {
    breaker_.emplace(config, clock.reader());
    breaker_->on_transition([this](const Transition& t) { seen.push_back(t); });
    return *breaker_;
  }

  // Makes one guarded call that lasts so long; false if it was refused.
  bool call(Outcome outcome, Duration lasting = 0ns) {
    auto permit = breaker_->try_call();
    if (!permit) return false;
    clock.advance(lasting);
    permit->report(outcome);
    return true;
  }
  bool fail() { return call(Outcome::failure); }
  bool succeed() { return call(Outcome::success); }

  void open_it() {
    while (breaker_->state() != State::open) ASSERT_TRUE(fail());
  }
  void wait_for_half_open() { clock.advance(100ms); }

  std::vector<State> states() const {
    std::vector<State> result;
    for (const auto& t : seen) result.push_back(t.to);
    return result;
  }

  FakeClock clock;
  std::vector<Transition> seen;
  std::optional<CircuitBreaker> breaker_;
};

using CircuitBreakerClosed = Breaker;
using CircuitBreakerOpen = Breaker;
using CircuitBreakerHalfOpen = Breaker;
using CircuitBreakerPermit = Breaker;
using CircuitBreakerSlow = Breaker;
using CircuitBreakerListener = Breaker;

// ---- closed

TEST_F(CircuitBreakerClosed, LetsEveryCallPass) {
  auto& breaker = use(small());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(succeed());
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerClosed, GivesNoVerdictOnFewerThanTheMinimumOfCalls) {
  auto& breaker = use(small());
  for (int i = 0; i < 3; ++i) fail();
  EXPECT_EQ(breaker.state(), State::closed);
  fail();
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerClosed, OpensAtTheFailureRateAndNotBelow) {
  auto& breaker = use(small());
  for (int i = 0; i < 6; ++i) succeed();
  for (int i = 0; i < 4; ++i) fail();  // 4 of 10: 40 %
  EXPECT_EQ(breaker.state(), State::closed);
  fail();  // the oldest success leaves: 5 of 10
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerClosed, CanOpenOnASuccessThatCompletesTheMinimum) {
  auto& breaker = use(small());
  for (int i = 0; i < 3; ++i) fail();
  succeed();  // 3 of 4 failed
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerClosed, CountsIgnoredOutcomesAsNothing) {
  auto& breaker = use(small());
  for (int i = 0; i < 100; ++i) call(Outcome::ignored);
  EXPECT_EQ(breaker.tally(), Tally{});
  for (int i = 0; i < 3; ++i) fail();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerClosed, DoesNotStopCallsThatAreAlreadyInFlight) {
  auto& breaker = use(small());
  std::vector<Permit> in_flight;
  for (int i = 0; i < 10; ++i) in_flight.push_back(std::move(*breaker.try_call()));
  for (auto& permit : in_flight) permit.report(Outcome::failure);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(seen.size(), 1u);  // the six that came after the verdict changed nothing
}

TEST_F(CircuitBreakerClosed, RemembersFailuresHoweverOld) {
  auto& breaker = use(small());
  for (int i = 0; i < 3; ++i) {
    fail();
    clock.advance(1h);
  }
  fail();
  EXPECT_EQ(breaker.state(), State::open);
}

// ---- open

TEST_F(CircuitBreakerOpen, RefusesUntilTheLastNanosecondOfOpen) {
  auto& breaker = use(small());
  open_it();
  EXPECT_FALSE(breaker.try_call());
  clock.advance(100ms - 1ns);
  EXPECT_FALSE(breaker.try_call());
  EXPECT_EQ(breaker.state(), State::open);
  clock.advance(1ns);
  EXPECT_TRUE(breaker.try_call());
  EXPECT_EQ(breaker.state(), State::half_open);
}

TEST_F(CircuitBreakerOpen, StaysOpenByItselfUntilSomebodyAsks) {
  auto& breaker = use(small());
  open_it();
  clock.advance(24h);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_TRUE(breaker.try_call());
}

TEST_F(CircuitBreakerOpen, DropsResultsOfCallsFromBefore) {
  auto& breaker = use(small());
  auto late = breaker.try_call();
  open_it();
  late->report(Outcome::success);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_FALSE(breaker.try_call());
}

// ---- half-open

TEST_F(CircuitBreakerHalfOpen, LetsExactlyTheProbesThrough) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  std::vector<std::optional<Permit>> asked;
  for (int i = 0; i < 10; ++i) asked.push_back(breaker.try_call());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(asked[i].has_value(), i < 3) << "caller " << i;
}

TEST_F(CircuitBreakerHalfOpen, ClosesOnlyWhenTheLastProbeIsBack) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  succeed(), succeed();
  EXPECT_EQ(breaker.state(), State::half_open);
  succeed();
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_EQ(seen.back().why, Reason::probes_passed);
}

TEST_F(CircuitBreakerHalfOpen, JudgesTheProbesAsAGroup) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  succeed(), fail(), succeed();  // one of three failed: under 50 %
  EXPECT_EQ(breaker.state(), State::closed);

  open_it();
  wait_for_half_open();
  fail(), succeed(), fail();  // two of three
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(seen.back().why, Reason::probes_failed);
}

TEST_F(CircuitBreakerHalfOpen, OpensAtExactlyTheFailureRate) {
  auto config = small();
  config.probes = 2;
  auto& breaker = use(config);
  open_it();
  wait_for_half_open();
  succeed(), fail();
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerHalfOpen, GivesThePlaceOfAnIgnoredProbeToAnother) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  auto first = breaker.try_call(), second = breaker.try_call(),
       third = breaker.try_call();
  EXPECT_FALSE(breaker.try_call());
  second->report(Outcome::ignored);
  auto instead = breaker.try_call();
  EXPECT_TRUE(instead);
  EXPECT_FALSE(breaker.try_call());
}

TEST_F(CircuitBreakerHalfOpen, DropsResultsOfCallsFromBefore) {
  auto config = small();
  config.probes = 1;
  auto& breaker = use(config);
  auto late_success = breaker.try_call(), late_failure = breaker.try_call();
  open_it();
  wait_for_half_open();
  auto probe = breaker.try_call();
  late_success->report(Outcome::success);
  EXPECT_EQ(breaker.state(), State::half_open);  // it was not the probe that succeeded
  late_failure->report(Outcome::failure);
  EXPECT_EQ(breaker.state(), State::half_open);
  probe->report(Outcome::success);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerHalfOpen, ForgetsTheOutageOnceClosed) {
  auto config = small();
  config.probes = 1;
  auto& breaker = use(config);
  auto late = breaker.try_call();
  open_it();
  wait_for_half_open();
  succeed();
  late->report(Outcome::failure);
  EXPECT_EQ(breaker.tally(), Tally{});
  for (int i = 0; i < 3; ++i) fail();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerHalfOpen, TakesItsProbesHoweverSlowlyTheyCome) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  EXPECT_TRUE(succeed());
  clock.advance(1h);  // nobody asks: nothing is missing
  EXPECT_TRUE(succeed());
  clock.advance(1h);
  EXPECT_TRUE(succeed());
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerHalfOpen, WaitsForAMissingProbeUntilTheLastNanosecond) {
  auto& breaker = use(small());
  open_it();
  wait_for_half_open();
  auto held = breaker.try_call(), held_too = breaker.try_call();
  clock.advance(1h);
  auto third = breaker.try_call();  // from here on, all are sent
  clock.advance(1s - 1ns);
  EXPECT_FALSE(breaker.try_call());
  EXPECT_EQ(breaker.state(), State::half_open);
  clock.advance(1ns);
  EXPECT_FALSE(breaker.try_call());
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(seen.back().why, Reason::probes_missing);

  held->report(Outcome::success);  // too late to count
  EXPECT_EQ(breaker.state(), State::open);
  wait_for_half_open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(succeed());
  EXPECT_EQ(breaker.state(), State::closed);
}

// ---- permits

TEST_F(CircuitBreakerPermit, DestroyedUnreportedIsAFailure) {
  auto& breaker = use(small());
  for (int i = 0; i < 4; ++i) (void)breaker.try_call();
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerPermit, LostInHalfOpenDoesNotWedgeIt) {
  auto config = small();
  config.probes = 1;
  auto& breaker = use(config);
  open_it();
  wait_for_half_open();
  (void)breaker.try_call();
  EXPECT_EQ(breaker.state(), State::open);
  wait_for_half_open();
  EXPECT_TRUE(succeed());
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerPermit, CountsOnceHoweverOftenItIsReported) {
  auto& breaker = use(small());
  auto permit = breaker.try_call();
  permit->report(Outcome::success);
  permit->report(Outcome::failure);
  permit.reset();
  EXPECT_EQ(breaker.tally(), (Tally{1, 0}));
}

TEST_F(CircuitBreakerPermit, MovedCountsOnce) {
  auto& breaker = use(small());
  {
    auto permit = breaker.try_call();
    Permit other = std::move(*permit);
    other.report(Outcome::success);
  }
  EXPECT_EQ(breaker.tally(), (Tally{1, 0}));
}

TEST_F(CircuitBreakerPermit, IsReportedByAnExceptionThatPasses) {
  auto& breaker = use(small());
  const auto throwing_call = [&] {
    auto permit = breaker.try_call();
    throw std::runtime_error("connection reset");
  };
  EXPECT_THROW(throwing_call(), std::runtime_error);
  EXPECT_EQ(breaker.tally(), (Tally{1, 1}));
}

TEST_F(CircuitBreakerPermit, KnowsTheGenerationThatAllowedIt) {
  auto& breaker = use(small());
  EXPECT_EQ(breaker.try_call()->generation(), 0u);
  open_it();
  wait_for_half_open();
  EXPECT_EQ(breaker.try_call()->generation(), 2u);
}

// ---- slow calls

TEST_F(CircuitBreakerSlow, AreThoseThatTookTheLimitAndNotOneNanosecondLess) {
  auto config = small();
  config.slow_after = 50ms;
  auto& breaker = use(config);
  call(Outcome::success, 50ms - 1ns);
  EXPECT_EQ(breaker.tally(), (Tally{1, 0}));
  call(Outcome::success, 50ms);
  EXPECT_EQ(breaker.tally(), (Tally{2, 1}));
}

TEST_F(CircuitBreakerSlow, OpenItThoughNoneFails) {
  auto config = small();
  config.slow_after = 50ms;
  config.failure_rate = 0.8;
  auto& breaker = use(config);
  call(Outcome::success);
  for (int i = 0; i < 3; ++i) call(Outcome::success, 50ms);  // 3 of 4: 75 %
  EXPECT_EQ(breaker.state(), State::closed);
  call(Outcome::success, 50ms);  // 4 of 5
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(seen.back().why, Reason::failure_rate);
}

TEST_F(CircuitBreakerSlow, CountForNothingWithoutALimit) {
  auto& breaker = use(small());
  for (int i = 0; i < 10; ++i) call(Outcome::success, 1h);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerSlow, ProbesOpenItAgain) {
  auto config = small();
  config.slow_after = 50ms;
  config.probes = 2;
  auto& breaker = use(config);
  open_it();
  wait_for_half_open();
  call(Outcome::success, 50ms), call(Outcome::success);
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(CircuitBreakerSlow, FailuresCountOnce) {
  auto config = small();
  config.slow_after = 50ms;
  auto& breaker = use(config);
  call(Outcome::failure, 1s);
  EXPECT_EQ(breaker.tally(), (Tally{1, 1}));
}

// ---- listeners

TEST_F(CircuitBreakerListener, HearsEveryChangeInOrderWithItsReason) {
  auto config = small();
  config.probes = 1;
  use(config);
  open_it();
  wait_for_half_open();
  fail();
  wait_for_half_open();
  succeed();
  EXPECT_EQ(states(), (std::vector{State::open, State::half_open, State::open,
                                   State::half_open, State::closed}));
  const std::vector expected{Reason::failure_rate, Reason::open_time_over,
                             Reason::probes_failed, Reason::open_time_over,
                             Reason::probes_passed};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].why, expected[i]);
    EXPECT_EQ(seen[i].generation, i + 1);
    EXPECT_EQ(seen[i].from, i == 0 ? State::closed : seen[i - 1].to);
  }
}

TEST_F(CircuitBreakerListener, HearsTheLineThatDecided) {
  use(small());
  open_it();
  wait_for_half_open();
  succeed();
  ASSERT_EQ(seen.size(), 2u);
  for (const auto& t : seen) {
    EXPECT_TRUE(std::string_view(t.where.file).ends_with("circuit_breaker.cpp"));
  }
  EXPECT_NE(seen[0].where.line, seen[1].where.line);
}

// ---- settings

class CircuitBreakerConfig : public ::testing::Test {
 protected:
  template <class Change>
  static bool refuses(Change change) {
    Config config = small();
    change(config);
    try {
      CircuitBreaker breaker(config);
      return false;
    } catch (const std::invalid_argument& error) {
      EXPECT_GT(std::string(error.what()).size(), 20u);
      return true;
    }
  }
};

TEST_F(CircuitBreakerConfig, OfTheDefaultsIsAccepted) {
  CircuitBreaker breaker{Config{}};
}

TEST_F(CircuitBreakerClosed, ByDefaultJudgesTenOfAHundredCallsAndOpensForFiveSeconds) {
  const CircuitBreaker& breaker = use({});
  for (int i = 0; i < 101; ++i) EXPECT_TRUE(succeed());
  EXPECT_EQ(breaker.tally().calls, 100u);

  CircuitBreaker& failing = use({});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(succeed());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fail());
  EXPECT_EQ(failing.state(), State::closed);
  EXPECT_TRUE(fail());
  EXPECT_EQ(failing.state(), State::open);
  clock.advance(5s - 1ns);
  EXPECT_FALSE(succeed());
  clock.advance(1ns);
  std::vector<Permit> probes;
  while (auto permit = failing.try_call()) probes.push_back(std::move(*permit));
  EXPECT_EQ(probes.size(), 3u);
  clock.advance(30s - 1ns);
  EXPECT_FALSE(succeed());
  EXPECT_EQ(failing.state(), State::half_open);
  clock.advance(1ns);
  EXPECT_FALSE(succeed());
  EXPECT_EQ(failing.state(), State::open);
}

TEST_F(CircuitBreakerConfig, ThatCouldNeverWorkIsRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(refuses([](Config& c) { c.minimum_calls = 0; }));
  EXPECT_TRUE(refuses([](Config& c) { c.window = 3; }));  // below the minimum
  EXPECT_FALSE(refuses([](Config& c) { c.window = 4; }));
  EXPECT_TRUE(refuses([](Config& c) { c.window = 1'000'001; }));
  for (const double rate : {0.0, -0.5, 1.1, nan, infinite}) {
    EXPECT_TRUE(refuses([&](Config& c) { c.failure_rate = rate; })) << rate;
  }
  EXPECT_FALSE(refuses([](Config& c) { c.failure_rate = 1; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slow_after = 0ms; }));
  EXPECT_TRUE(refuses([](Config& c) { c.open_for = 0ms; }));
  EXPECT_TRUE(refuses([](Config& c) { c.open_for = Duration::min(); }));
  EXPECT_TRUE(refuses([](Config& c) { c.probes = 0; }));
  EXPECT_TRUE(refuses([](Config& c) { c.probes = 1'000'001; }));
  EXPECT_FALSE(refuses([](Config& c) { c.probes = 1'000'000; }));
  EXPECT_FALSE(refuses([](Config& c) { c.window = 1'000'000; }));
  EXPECT_TRUE(refuses([](Config& c) { c.probe_wait = 0ms; }));
  EXPECT_THROW(CircuitBreaker(Config{}, nullptr), std::invalid_argument);
}

TEST_F(CircuitBreakerConfig, TakesTheMostOfAnyUnitForEver) {
  constexpr auto kDecades = 24h * 365 * 50;
  FakeClock clock;
  Config config{.window = 2, .minimum_calls = 1, .open_for = std::chrono::hours::max()};
  CircuitBreaker open(config, clock.reader());
  open.try_call()->report(Outcome::failure);
  clock.advance(kDecades);
  EXPECT_FALSE(open.try_call()) << "it stays open for ever";

  config.open_for = 1ms;
  config.probes = 1;
  config.probe_wait = std::chrono::seconds::max();
  config.slow_after = std::chrono::milliseconds::max();
  CircuitBreaker patient(config, clock.reader());
  patient.try_call()->report(Outcome::failure);
  clock.advance(1ms);
  auto probe = patient.try_call();
  clock.advance(kDecades);
  EXPECT_FALSE(patient.try_call());
  EXPECT_EQ(patient.state(), State::half_open) << "it waits for its probe for ever";
  probe->report(Outcome::success);
  EXPECT_EQ(patient.state(), State::closed) << "no call is slow";
}

}  // namespace
}  // namespace lab14
