// Lab 23's parts: how a job is cut, where the rest waits, what the meter of the loop's delay
// sees, and how three engines work on one text.
#include "blocking.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/os/proc.hpp"
#include "loop_delay.hpp"
#include "worker.hpp"
#include "world/engines.hpp"
#include "world/jobs.hpp"
#include "world/pulse.hpp"

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
    SlicedJob::run([this, all] { return ++steps < all; }, slice,
                   [this](Callback rest) { waiting.push_back(std::move(rest)); },
                   [this] { done = true; });
  }
  void next() {
    const Callback rest = std::move(waiting.at(0));
    waiting.clear();
    rest();
  }
};

TEST(SlicedJob, DefersTheRestWhenItsSliceIsOver) {
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

TEST(SlicedJob, DefersNothingIfAllOfItFitsIntoOneSlice) {
  Cut cut;
  cut.run(3, 1h);
  EXPECT_TRUE(cut.done);
  EXPECT_EQ(cut.steps, 3);
  EXPECT_TRUE(cut.waiting.empty());
}

TEST(SlicedJob, KeepsItsJobAliveWhileItWaits) {
  const auto job = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = job;
  std::vector<Callback> waiting;
  SlicedJob::run([job] { return ++*job < 2; }, 0ns,
                 [&](Callback rest) { waiting.push_back(std::move(rest)); }, [] {});
  EXPECT_EQ(*job, 1);
  waiting.at(0)();
  EXPECT_EQ(*job, 2);
  waiting.clear();
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(TicksTest, AreDrainedUntilNothingIsLeft) {
  Ticks ticks;
  std::vector<std::string> log;
  ticks.next_tick([&] {
    log.push_back("first");
    ticks.next_tick([&] { log.push_back("queued by the first"); });
  });
  ticks.next_tick([&] { log.push_back("second"); });
  ticks.drain();
  EXPECT_THAT(log, ElementsAre("first", "second", "queued by the first"));
}

// --- the meter ---

// Runs the loop until it is so, or for ten seconds.
void turn_until(lab::uv::Loop& loop, const std::function<bool()>& is_so) {
  bool late = false;
  lab::uv::Timer deadline(loop);
  deadline.start(10s, [&] { late = true; });
  while (!is_so() && !late) loop.run(UV_RUN_ONCE);
  EXPECT_TRUE(is_so());
}

using Time = LoopDelay::Clock::time_point;

TEST(LoopDelayTest, CountsFromItsFirstFiring) {
  lab::uv::Loop loop;
  LoopDelay delay(loop, 10ms);
  delay.fired(Time(500ms));
  EXPECT_EQ(delay.histogram().count(), 0u);
  delay.fired(Time(510ms));
  EXPECT_EQ(delay.histogram().count(), 1u);
  EXPECT_EQ(delay.histogram().max(), 10ms);
}

TEST(LoopDelayTest, RecordsALongStallAsOneSample) {
  lab::uv::Loop loop;
  LoopDelay delay(loop, 10ms);
  std::vector<std::chrono::nanoseconds> told;
  delay.on_sample = [&](std::chrono::nanoseconds interval, lab::Where) {
    told.push_back(interval);
  };
  delay.fired(Time(0ms));
  delay.fired(Time(1000ms));
  EXPECT_EQ(delay.histogram().count(), 1u);
  EXPECT_EQ(delay.histogram().max(), 1000ms);
  EXPECT_THAT(told, ElementsAre(1000ms));
}

TEST(LoopDelayTest, ForgetsWithAResetWhereToCountFrom) {
  lab::uv::Loop loop;
  LoopDelay delay(loop, 10ms);
  delay.fired(Time(0ms));
  delay.fired(Time(10ms));
  delay.reset();
  delay.fired(Time(900ms));
  EXPECT_EQ(delay.histogram().count(), 0u);
}

TEST(LoopDelayTest, ShowsItsResolutionOnAnIdleLoopAndKeepsNoLoopAlive) {
  lab::uv::Loop loop;
  LoopDelay delay(loop, 10ms);
  delay.enable();
  EXPECT_FALSE(loop.run());  // nothing but the meter: the loop ends
  turn_until(loop, [&] { return delay.histogram().count() >= 3; });
  EXPECT_GE(delay.histogram().max(), 9ms);
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
  turn_until(loop, [&] { return result != 0; });
  EXPECT_EQ(result, 7u);
  EXPECT_EQ(here, std::this_thread::get_id());
  EXPECT_NE(there, here);
}

TEST(WorkerTest, KeepsNoLoopAlive) {
  lab::uv::Loop loop;
  Worker worker(loop);
  EXPECT_FALSE(loop.run());
}

TEST(WorkerTest, HandsBackWhatAJobThrowsAndGoesOn) {
  lab::uv::Loop loop;
  Worker worker(loop);
  std::string error;
  std::uint64_t result = 0;
  worker.on_error = [&](const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& why) {
      error = why.what();
    }
  };
  const auto never = [](std::uint64_t) { FAIL(); };
  ASSERT_TRUE(
      worker.run([]() -> std::uint64_t { throw std::runtime_error("no"); }, never));
  ASSERT_TRUE(worker.run([] { return 7; }, [&](std::uint64_t value) { result = value; }));
  turn_until(loop, [&] { return result != 0; });
  EXPECT_EQ(error, "no");
  EXPECT_EQ(result, 7u);
}

TEST(WorkerDeathTest, EndsTheProcessWithAnErrorThatNobodyListensFor) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        lab::uv::Loop loop;
        Worker worker(loop);
        if (!worker.run([]() -> std::uint64_t { throw std::runtime_error("no"); },
                        [](std::uint64_t) {}))
          std::exit(0);
        turn_until(loop, [] { return false; });
        std::exit(0);
      },
      "no");
}

// Occupies the worker's thread until it is let go.
class Held {
 public:
  explicit Held(Worker& worker) {
    EXPECT_TRUE(worker.run(
        [this] {
          begun_.release();
          go_on_.acquire();
          return 1;
        },
        [](std::uint64_t) {}));
    begun_.acquire();  // so it is out of the queue
  }
  void let_go() { go_on_.release(); }

 private:
  std::binary_semaphore begun_{0}, go_on_{0};
};

TEST(WorkerTest, RefusesWhatItsQueueHasNoRoomFor) {
  lab::uv::Loop loop;
  Worker worker(loop);
  Held held(worker);
  std::atomic<int> ran = 0;
  int handed_back = 0;
  const auto offer = [&] {
    return worker.run([&] { return ++ran; }, [&](std::uint64_t) { ++handed_back; });
  };
  for (std::size_t i = 0; i < Worker::kMostWaiting; ++i) EXPECT_TRUE(offer()) << i;
  EXPECT_FALSE(offer());
  held.let_go();
  turn_until(loop, [&] { return handed_back == Worker::kMostWaiting; });
  EXPECT_EQ(ran, static_cast<int>(Worker::kMostWaiting));
  EXPECT_TRUE(offer());
}

// What a job has captured may take its time to go: the loop must not wait for it.
TEST(WorkerTest, TakesAJobWhileItLetsAnotherGo) {
  struct Captured {
    std::binary_semaphore goes{0}, taken{0};
    std::atomic<bool> in_time = false;
  };
  Captured captured;
  lab::uv::Loop loop;
  Worker worker(loop);
  const auto let_go = [&captured](int*) {
    captured.goes.release();
    captured.in_time = captured.taken.try_acquire_for(10s);
  };
  int value = 7;
  ASSERT_TRUE(worker.run(
      [held = std::shared_ptr<int>(&value, let_go)] {
        return static_cast<std::uint64_t>(*held);
      },
      [](std::uint64_t) {}));
  ASSERT_TRUE(captured.goes.try_acquire_for(10s));
  std::uint64_t result = 0;
  ASSERT_TRUE(worker.run([] { return 8; }, [&](std::uint64_t of) { result = of; }));
  captured.taken.release();
  turn_until(loop, [&] { return result == 8; });
  EXPECT_EQ(result, 8u);
  EXPECT_TRUE(captured.in_time);
}

// Waits until that thread sleeps in the kernel.
void wait_until_asleep(int thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (std::string stat; stat.find(") S ") == std::string::npos;) {
    if (std::chrono::steady_clock::now() > deadline) return;
    std::this_thread::yield();
    std::ifstream file(path);
    std::getline(file, stat);
  }
}

// Its thread is held until this one waits in the destructor: so it knows by then.
TEST(WorkerTest, DropsAtItsEndWhatHasNotBegun) {
  lab::uv::Loop loop;
  auto worker = std::make_optional<Worker>(loop);
  Held held(*worker);
  std::atomic<int> ran = 0;
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(worker->run([&] { return ++ran; }, [](std::uint64_t) {}));
  std::atomic<bool> goes = false;
  std::thread later([&, waiting = lab::thread_id()] {
    goes.wait(false);
    wait_until_asleep(waiting);
    held.let_go();
  });
  goes = true;
  goes.notify_one();
  worker.reset();
  later.join();
  EXPECT_EQ(ran, 0);
}

// --- the jobs ---

TEST(Jobs, HaveTheSameResultInPieces) {
  Sum pieces(10'000);
  int calls = 1;
  while (pieces.advance()) ++calls;
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(pieces.result(), sum(10'000));
  EXPECT_NE(sum(10'000), sum(10'001));
}

TEST(Jobs, TellWhatTheyCannotRead) {
  EXPECT_THROW(read_file("/nowhere/at all"), lab::Error);
  EXPECT_THROW(read_file("/"), lab::Error);
  EXPECT_EQ(read_file("/dev/null"), 0u);
}

// --- the pulse ---

TEST(PulseTest, SlicesHaveTheSameResultWhereverTheRestWaits) {
  for (const Queue queue : {Queue::ticks, Queue::immediates}) {
    const Pulse pulse = pulse_during("lane", sliced_sum(100'000, 1us, queue));
    EXPECT_EQ(pulse.result, sum(100'000));
    EXPECT_GT(pulse.slices, 1);
  }
}

TEST(PulseTest, DoesNotBeatDuringAJobOnTheLoop) {
  const auto job = [](Backend&, const Done& done) { done(sum(50'000'000)); };
  EXPECT_EQ(pulse_during("lane", job).beats, 0);
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
