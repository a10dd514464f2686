// Lab 01's parts: the probe that tells the phases, and Node's rules on top of libuv.
#include <gmock/gmock.h>

#include "event_loop_phases.hpp"
#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"
#include "world/experiments.hpp"

namespace lab01 {
namespace {

using namespace std::chrono_literals;
using lab::uv::Immediates;
using lab::uv::node_delay;
using testing::ElementsAre;

TEST(PhaseProbe, SeesThePhasesOfOneTurnInTheirOrder) {
  std::vector<Phase> seen;
  lab::uv::Loop loop;
  lab::uv::Timer timer(loop);
  timer.start(0ms, [] {});
  {
    const PhaseProbe probe([&](Phase phase, lab::Where) { seen.push_back(phase); });
    loop.run(UV_RUN_NOWAIT);
  }
  // Since 1.45 the timers are the last step of an iteration in this mode, before that the
  // first.
  const std::vector<Phase> rest = {Phase::idle,    Phase::prepare, Phase::poll,
                                   Phase::pending, Phase::check,   Phase::closing,
                                   Phase::outside};
  for (const Phase phase : rest) EXPECT_THAT(seen, testing::Contains(phase));
  EXPECT_THAT(seen, testing::Contains(Phase::timers));
  EXPECT_EQ(seen.back(), Phase::outside);
}

TEST(PhaseProbe, SaysOutsideWhileTheLoopDoesNotRun) {
  EXPECT_EQ(phase_now(), Phase::outside);
  lab::uv::Loop loop;
  loop.run();
  EXPECT_EQ(phase_now(), Phase::outside);
}

TEST(PhaseProbe, RefusesASecondObserverOnOneThread) {
  const PhaseProbe probe([](Phase, lab::Where) {});
  EXPECT_THROW(PhaseProbe([](Phase, lab::Where) {}), std::invalid_argument);
}

TEST(PhaseProbe, LetsItsObserverGo) {
  const auto seen = std::make_shared<int>(0);
  lab::uv::Loop loop;
  {
    const PhaseProbe probe([seen](Phase, lab::Where) { ++*seen; });
    loop.run(UV_RUN_NOWAIT);
  }
  EXPECT_GT(*seen, 0);
  const int before = *seen;
  loop.run(UV_RUN_NOWAIT);
  EXPECT_EQ(*seen, before);
  EXPECT_EQ(seen.use_count(), 1);
}

TEST(PhaseLog, TellsEachEntryAsItIsMade) {
  PhaseLog log;
  std::vector<std::string> told;
  log.on_entry = [&](const PhaseLog::Entry& entry) { told.push_back(entry.what); };
  log.add("a");
  log.step("b")();
  EXPECT_THAT(told, ElementsAre("a", "b"));
}

TEST(PhaseLog, NamesThePhaseAndTurnOfEachEntry) {
  lab::uv::Loop loop;
  lab::uv::Check check(loop);
  lab::uv::Idle idle(loop);
  PhaseLog log;
  int turns = 0;
  idle.start([&] {});
  check.start([&] {
    log.add("check " + std::to_string(++turns));
    if (turns == 2) check.stop(), idle.stop();
  });
  loop.run();
  EXPECT_EQ(log.order(), "check 1 > check 2");
  EXPECT_EQ(log.at("check 1").phase, Phase::check);
  EXPECT_EQ(log.at("check 2").iteration, log.at("check 1").iteration + 1);
  EXPECT_THROW(log.at("check 3"), std::out_of_range);
}

TEST(OneIteration, RunsEveryKindOfCallbackInThePhaseThatBearsItsName) {
  PhaseLog log;
  one_iteration(log);
  EXPECT_EQ(log.order(), "timer > pending > idle > prepare > poll > check > close");
  EXPECT_EQ(log.at("timer").phase, Phase::timers);
  EXPECT_EQ(log.at("pending").phase, Phase::pending);
  EXPECT_EQ(log.at("poll").phase, Phase::poll);
  EXPECT_EQ(log.at("close").phase, Phase::closing);
}

TEST(FailedConnect, IsPutOffToPendingButWaitsATurnOnlyFromCheck) {
  for (const Phase start : {Phase::timers, Phase::prepare, Phase::poll, Phase::check}) {
    PhaseLog log;
    failed_connect(start, log);
    EXPECT_EQ(log.at("start").phase, start);
    EXPECT_EQ(log.at("refused").phase, Phase::pending) << name(start);
    EXPECT_EQ(log.at("refused").iteration - log.at("start").iteration,
              start == Phase::check ? 1u : 0u);
  }
}

TEST(RefusedTcp, IsReportedInPoll) {
  PhaseLog log;
  refused_tcp(log);
  EXPECT_EQ(log.at("refused").phase, Phase::poll);
}

TEST(Immediates, WaitForTheNextTurnWhenQueuedByAnImmediate) {
  lab::uv::Loop loop;
  Immediates immediates(loop);
  std::vector<std::uint64_t> turns;
  immediates.set_immediate([&] {
    turns.push_back(iteration_now());
    immediates.set_immediate([&] { turns.push_back(iteration_now()); });
  });
  immediates.set_immediate([&] { turns.push_back(iteration_now()); });
  loop.run();
  ASSERT_EQ(turns.size(), 3u);
  EXPECT_EQ(turns[0], turns[1]);
  EXPECT_EQ(turns[2], turns[1] + 1);
}

TEST(Immediates, KeepTheLoopAliveOnlyWhileOneWaits) {
  lab::uv::Loop loop;
  Immediates immediates(loop);
  EXPECT_FALSE(loop.run());
  int calls = 0;
  immediates.set_immediate([&] { ++calls; });
  EXPECT_FALSE(loop.run());  // it comes back: nothing is left
  EXPECT_EQ(calls, 1);
}

TEST(NodeDelay, TurnsWhatItCannotUseIntoOneMillisecond) {
  EXPECT_EQ(node_delay(0), 1ms);
  EXPECT_EQ(node_delay(-5), 1ms);
  EXPECT_EQ(node_delay(0.999), 1ms);
  EXPECT_EQ(node_delay(1), 1ms);
  EXPECT_EQ(node_delay(1.9), 1ms);
  EXPECT_EQ(node_delay(2'147'483'647.0), 2'147'483'647ms);
  EXPECT_EQ(node_delay(2'147'483'648.0), 1ms);
  EXPECT_EQ(node_delay(std::numeric_limits<double>::quiet_NaN()), 1ms);
}

class TimeoutsTest : public testing::Test {
 protected:
  // Until the loop's clock has gone on for so long.
  void busy(std::chrono::milliseconds time) {
    const auto end = now() + static_cast<std::uint64_t>(time.count());
    while (now() < end) {
    }
  }
  std::uint64_t now() {
    uv_update_time(loop.raw());
    return uv_now(loop.raw());
  }
  void set(
      std::string name, double delay, std::function<void()> body = [] {}) {
    timeouts.set_timeout(
        [this, name, body] {
          order.push_back(name);
          body();
        },
        delay);
  }
  lab::uv::Loop loop;
  lab::uv::Timeouts timeouts{loop};
  std::vector<std::string> order;
};

TEST_F(TimeoutsTest, CountTheirDelayFromWhenTheyAreSet) {
  busy(20ms);
  const auto set_at = now();
  set("a", 10, [&] { EXPECT_GE(now(), set_at + 10); });
  loop.run();
  EXPECT_THAT(order, ElementsAre("a"));
}

TEST_F(TimeoutsTest, AShorterOneDoesNotWaitForALongerOneNorKeepItFromRunning) {
  set("long", 30);
  set("short", 1);
  set("middle", 10);
  loop.run();
  EXPECT_THAT(order, ElementsAre("short", "middle", "long"));
}

// By their own times it would be a1, b, a2.
TEST_F(TimeoutsTest, RunListByListAndTheListThatWasDueFirstGoesFirst) {
  set("a1", 20);
  busy(5ms);
  set("a2", 20);
  busy(7ms);
  set("b", 10);
  busy(30ms);
  loop.run();
  EXPECT_THAT(order, ElementsAre("a1", "a2", "b"));
}

TEST_F(TimeoutsTest, OneThatIsNotDueYetPutsItsListBehindThoseThatAre) {
  set("a1", 100);
  busy(1ms);
  set("b", 100.5);  // in the same list: a fraction does not count
  set("c", 99);
  busy(110ms);
  set("a2", 100);
  loop.run();
  EXPECT_THAT(order, ElementsAre("a1", "b", "c", "a2"));
}

TEST_F(TimeoutsTest, OneThatACallbackSetsWaitsItsTimeThoughItsListIsBeingRun) {
  set("a", 5, [&] {
    set("a again", 5);
    busy(10ms);
  });
  set("b", 8);
  busy(20ms);
  loop.run();
  EXPECT_THAT(order, ElementsAre("a", "b", "a again"));
}

// As long as the clock went on by exactly one millisecond between the two.
TEST_F(TimeoutsTest, TwoListsThatAreDueTogetherKeepTheOrderOfTheirStart) {
  for (int i = 0; i < 200; ++i) {
    order.clear();
    const auto begin = now();
    set("20", 20);
    const bool clear = now() == begin;
    busy(1ms);
    const auto second = now();
    set("19", 19);
    const bool together = clear && second == begin + 1 && now() == second;
    busy(25ms);
    loop.run();
    if (!together) continue;
    EXPECT_THAT(order, ElementsAre("20", "19"));
    return;
  }
  GTEST_SKIP() << "the machine is too busy for two timers that are due together";
}

TEST_F(TimeoutsTest, KeepTheLoopAliveOnlyWhileOneWaits) {
  EXPECT_FALSE(loop.run());
  set("a", 1, [&] { set("b", 1); });
  EXPECT_FALSE(loop.run());
  EXPECT_THAT(order, ElementsAre("a", "b"));
}

TEST(FromIo, AlwaysRunsTheImmediateFirst) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(from_io(), "immediate > timeout");
}

TEST(FromMain, RunsTheTimeoutFirstOnceAMillisecondHasPassed) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(from_main(3ms), "timeout > immediate");
}

TEST(Punctuality, NeverFiresEarlyByTheLoopsClockNorOutsideTimers) {
  const Punctuality seen = punctuality(300);
  EXPECT_EQ(seen.fired, 300);
  EXPECT_GE(seen.late_by_loop.least, 0ms);
  EXPECT_EQ(seen.outside_timers, 0);
}

TEST(BackendTimeout, IsZeroWhenSomethingElseIsDueAndEndlessForASocketAlone) {
  std::vector<int> timeouts;
  for (const Timeout& timeout : backend_timeouts()) timeouts.push_back(timeout.timeout);
  EXPECT_THAT(timeouts, ElementsAre(0, -1, 50, 0, 0, 0));
}

}  // namespace
}  // namespace lab01
