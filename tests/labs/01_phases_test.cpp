// Lab 01's parts: the probe that tells the phases, and Node's rules on top of libuv.
#include <gmock/gmock.h>

#include "experiments.hpp"
#include "lab/immediates.hpp"
#include "phase_probe.hpp"
#include "ready_pipe.hpp"

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
    const PhaseProbe probe([&](Phase phase) { seen.push_back(phase); });
    loop.run(UV_RUN_NOWAIT);
  }
  // Since 1.45 the timers are the last step of a turn in this mode, before that the
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
  const PhaseProbe probe([](Phase) {});
  EXPECT_THROW(PhaseProbe([](Phase) {}), std::invalid_argument);
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
  EXPECT_EQ(log.at("check 2").turn, log.at("check 1").turn + 1);
  EXPECT_THROW(log.at("check 3"), std::out_of_range);
}

TEST(OneTurn, RunsEveryKindOfCallbackInThePhaseThatBearsItsName) {
  PhaseLog log;
  one_turn(UV_RUN_DEFAULT, log);
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
    EXPECT_EQ(log.at("refused").turn - log.at("start").turn,
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
    turns.push_back(turn_now());
    immediates.set_immediate([&] { turns.push_back(turn_now()); });
  });
  immediates.set_immediate([&] { turns.push_back(turn_now()); });
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

TEST(FromIo, AlwaysRunsTheImmediateFirst) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(from_io(), "immediate > timeout");
}

TEST(FromMain, RunsTheTimeoutFirstOnceAMillisecondHasPassed) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(from_main(3ms), "timeout > immediate");
}

TEST(Punctuality, NeverFiresEarlyByTheLoopsClockNorOutsideTimers) {
  const Punctuality seen = punctuality(300);
  EXPECT_EQ(seen.fired, 300);
  EXPECT_EQ(seen.early, 0);
  EXPECT_EQ(seen.outside_timers, 0);
}

TEST(BackendTimeout, IsZeroWhenSomethingElseIsDueAndEndlessForASocketAlone) {
  std::vector<int> timeouts;
  for (const Timeout& timeout : backend_timeouts()) timeouts.push_back(timeout.timeout);
  EXPECT_THAT(timeouts, ElementsAre(0, -1, 50, 0, 0, 0));
}

}  // namespace
}  // namespace lab01
