// Lab 23's parts: how a job is cut, where the rest waits, what the meter of the loop's delay
// sees, and how three engines work on one text.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "engines.hpp"
#include "jobs.hpp"
#include "lab/error.hpp"
#include "loop_delay.hpp"
#include "sliced.hpp"
#include "worker.hpp"

namespace {

using namespace lab23;
using namespace std::chrono_literals;
using testing::ElementsAre;

// Runs a job of so many steps; what was deferred waits in a list.
struct Cut {
  int steps = 0;
  bool done = false;
  std::vector<Callback> waiting{};

  void run(int all, std::chrono::nanoseconds slice) {
    Sliced::run([this, all] { return ++steps < all; }, slice,
                [this](Callback rest) { waiting.push_back(std::move(rest)); },
                [this] { done = true; });
  }
  void next() {
    const Callback rest = std::move(waiting.at(0));
    waiting.clear();
    rest();
  }
};

TEST(Sliced, DefersTheRestWhenItsSliceIsOver) {
  Cut cut;
  cut.run(3, 0ns);
  EXPECT_EQ(cut.steps, 1);
  ASSERT_EQ(cut.waiting.size(), 1u);
  EXPECT_FALSE(cut.done);
  cut.next();
  EXPECT_EQ(cut.steps, 2);
  cut.next();
  EXPECT_EQ(cut.steps, 3);
  EXPECT_TRUE(cut.done);
  EXPECT_TRUE(cut.waiting.empty());
}

TEST(Sliced, DefersNothingIfAllOfItFitsIntoOneSlice) {
  Cut cut;
  cut.run(3, 1h);
  EXPECT_TRUE(cut.done);
  EXPECT_EQ(cut.steps, 3);
  EXPECT_TRUE(cut.waiting.empty());
}

TEST(Sliced, KeepsItsJobAliveWhileItWaits) {
  const auto job = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = job;
  std::vector<Callback> waiting;
  Sliced::run([job] { return ++*job < 2; }, 0ns,
              [&](Callback rest) { waiting.push_back(std::move(rest)); }, [] {});
  EXPECT_EQ(*job, 1);
  waiting.at(0)();
  EXPECT_EQ(*job, 2);
  waiting.clear();
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(TicksAndMicrotasks, AreDrainedUntilNothingIsLeftTicksFirst) {
  Ticks ticks;
  std::vector<std::string> log;
  ticks.microtask([&] {
    log.push_back("promise");
    ticks.next_tick([&] { log.push_back("tick of a promise"); });
    ticks.microtask([&] { log.push_back("promise of a promise"); });
  });
  ticks.next_tick([&] {
    log.push_back("tick");
    ticks.next_tick([&] { log.push_back("tick of a tick"); });
  });
  ticks.drain();
  EXPECT_THAT(log, ElementsAre("tick", "tick of a tick", "promise",
                               "promise of a promise", "tick of a promise"));
}

// --- the meter ---

using Time = DelayHistogram::Clock::time_point;

TEST(DelayHistogramTest, CountsFromItsFirstFiring) {
  DelayHistogram histogram(10ms);
  histogram.fired(Time(500ms));
  EXPECT_EQ(histogram.seen().count(), 0u);
  histogram.fired(Time(510ms));
  EXPECT_EQ(histogram.seen().count(), 1u);
  EXPECT_EQ(histogram.seen().max(), 10ms);
}

TEST(DelayHistogramTest, TakesALongStallForOneSample) {
  DelayHistogram histogram(10ms);
  histogram.fired(Time(0ms));
  histogram.fired(Time(1000ms));
  EXPECT_EQ(histogram.seen().count(), 1u);
  EXPECT_EQ(histogram.seen().max(), 1000ms);
}

TEST(DelayHistogramTest, FillsInWhatTheStallLeftOut) {
  DelayHistogram histogram(10ms);
  histogram.fired(Time(0ms));
  histogram.fired(Time(10ms));  // on time: itself, nothing more
  EXPECT_EQ(histogram.filled().count(), 1u);
  histogram.fired(Time(50ms));  // 40, and those that would have waited 30, 20 and 10
  EXPECT_EQ(histogram.filled().count(), 5u);
  EXPECT_EQ(histogram.filled().mean(), 22ms);
}

TEST(DelayHistogramTest, ForgetsWithAResetWhereToCountFrom) {
  DelayHistogram histogram(10ms);
  histogram.fired(Time(0ms));
  histogram.fired(Time(10ms));
  histogram.reset();
  histogram.fired(Time(900ms));
  EXPECT_EQ(histogram.seen().count(), 0u);
}

TEST(LoopDelayTest, ShowsItsResolutionOnAnIdleLoopAndKeepsNoLoopAlive) {
  lab::uv::Loop loop;
  LoopDelay delay(loop, 10ms);
  delay.enable();
  EXPECT_FALSE(loop.run());  // nothing but the meter: the loop ends
  lab::uv::Timer stay(loop);
  stay.start(
      1s, [] {}, 1s);
  while (delay.histogram().seen().count() < 3) loop.run(UV_RUN_ONCE);
  EXPECT_GE(delay.histogram().seen().max(), 9ms);
}

// --- the worker ---

TEST(WorkerTest, ComputesOnItsThreadAndHandsBackOnTheLoops) {
  lab::uv::Loop loop;
  Worker worker(loop);
  std::thread::id there, here;
  std::uint64_t result = 0;
  ASSERT_TRUE(worker.run(
      [&] {
        there = std::this_thread::get_id();
        return 7;
      },
      [&](std::uint64_t value) {
        here = std::this_thread::get_id();
        result = value;
      }));
  lab::uv::Timer stay(loop);
  stay.start(
      1s, [] {}, 1s);
  while (result == 0) loop.run(UV_RUN_ONCE);
  EXPECT_EQ(result, 7u);
  EXPECT_EQ(here, std::this_thread::get_id());
  EXPECT_NE(there, here);
}

TEST(WorkerTest, RefusesWhatItsQueueHasNoRoomForAndDropsItAtTheEnd) {
  lab::uv::Loop loop;
  std::atomic<bool> begun = false;
  std::atomic<bool> go_on = false;
  std::atomic<int> ran = 0;
  {
    Worker worker(loop);
    ASSERT_TRUE(worker.run(
        [&] {
          begun = true;
          begun.notify_one();
          go_on.wait(false);
          return ++ran;
        },
        [](std::uint64_t) {}));
    begun.wait(false);  // it is out of the queue
    for (std::size_t i = 0; i < Worker::kMostWaiting; ++i)
      EXPECT_TRUE(worker.run([&] { return ++ran; }, [](std::uint64_t) {})) << i;
    EXPECT_FALSE(worker.run([&] { return ++ran; }, [](std::uint64_t) {}));
    std::thread([&] {
      go_on = true;
      go_on.notify_one();
    }).detach();
  }
  EXPECT_GE(ran, 1);
  EXPECT_LE(ran, 1 + static_cast<int>(Worker::kMostWaiting));
}

// --- the jobs ---

TEST(Jobs, HaveTheSameResultInPieces) {
  Sum pieces(10'000);
  int calls = 1;
  while (pieces.advance()) ++calls;
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(pieces.result(), sum(10'000));
  EXPECT_NE(sum(10'000), sum(10'001));

  const std::string text = long_json(2000);
  JsonPieces json(text);
  for (calls = 1; json.advance(); ++calls) {
  }
  EXPECT_GT(calls, 3);
  EXPECT_EQ(json.result(), 2000u);
  EXPECT_EQ(parse_json(text), 2000u);
}

TEST(Jobs, TellWhatTheyCannotRead) {
  EXPECT_THROW(read_file("/nowhere/at all"), lab::Error);
  EXPECT_THROW(read_file("/"), lab::Error);
  EXPECT_THROW(parse_json("[1, 2"), std::exception);
  EXPECT_THROW(parse_json("[1] 2"), std::exception);
  EXPECT_EQ(read_file("/dev/null"), 0u);
}

TEST(Jobs, AgreeOnAHostileText) {
  for (const std::size_t letters : {0u, 1u, 12u}) {
    EXPECT_FALSE(matches_backtracking(letters));
    EXPECT_FALSE(matches_linear(letters));
  }
  EXPECT_GE(letters_for(100s), letters_for(100ms) + 9);
}

// --- the engines ---

TEST(Engines, AgreeOnWhatMatches) {
  for (const Engine engine : {Engine::std_regex, Engine::boost_regex, Engine::re2}) {
    EXPECT_TRUE(match(engine, "(a+)+", "aaaa").matched);
    EXPECT_FALSE(match(engine, "(a+)+", "aaaa!").matched);
    EXPECT_FALSE(match(engine, "(a+)+", "").matched);
    EXPECT_TRUE(match(engine, "[a-z.]+@(x|y)", "a.b@y").matched);
  }
}

TEST(Engines, StdRegexDoublesItsWorkWithEachLetterOfAnAmbiguousPattern) {
  for (const std::size_t letters : {5u, 10u}) {
    const auto looks = [](std::size_t n) {
      return match(Engine::std_regex, "(a+)+", std::string(n, 'a') + '!').looks;
    };
    EXPECT_EQ(looks(letters + 1), 2 * looks(letters) + 1);
  }
}

TEST(Engines, BoostGivesUpAndStdRegexIsNotAskedAboutALongText) {
  EXPECT_TRUE(match(Engine::boost_regex, "(a+)+", std::string(30, 'a') + '!').gave_up);
  const std::string longest(kStdRegexLetters, 'a');
  EXPECT_TRUE(match(Engine::std_regex, "a+", longest).matched);
  EXPECT_TRUE(match(Engine::std_regex, "a+", longest + 'a').gave_up);
}

}  // namespace
