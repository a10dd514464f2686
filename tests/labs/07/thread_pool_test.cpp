// The pool's promises. Jobs are held by latches, never by time; what may hang has a
// deadline that says which promise was broken.
#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/finishes.hpp"
#include "workers.hpp"

namespace lab07 {
namespace {

using lab::test::finishes;
using testing::ElementsAre;

// Jobs that hold their thread until release().
class Held {
 public:
  explicit Held(int jobs) : state_(std::make_shared<State>(jobs)) {}
  ~Held() { release(); }
  ThreadPool::Job job() {
    return [state = state_](const std::stop_token&) {  // it may outlast the Held
      state->started.count_down();
      state->gate.wait(false);
    };
  }
  void wait_until_all_run() {
    finishes("all held jobs run at the same time", [this] { state_->started.wait(); });
  }
  void release() {
    state_->gate = true;
    state_->gate.notify_all();
  }

 private:
  struct State {
    explicit State(int jobs) : started(jobs) {}
    std::latch started;
    std::atomic<bool> gate = false;
  };
  std::shared_ptr<State> state_;
};

// What a job may capture: its destructor calls.
class AtTheEnd {
 public:
  explicit AtTheEnd(std::function<void()> call) : call_(std::move(call)) {}
  AtTheEnd(const AtTheEnd&) = delete;
  AtTheEnd& operator=(const AtTheEnd&) = delete;
  ~AtTheEnd() { call_(); }

 private:
  std::function<void()> call_;
};

const ThreadPool::Job kNothing = [](const std::stop_token&) {};

void accepts(ThreadPool& pool, const ThreadPool::Job& job) {
  ASSERT_EQ(pool.submit(job), Admission::accepted);
}

TEST(ThreadPool, RefusesTheFirstJobThatTheQueueHasNoRoomFor) {
  ThreadPool pool({.threads = 2, .queue = 3});
  Held held(2);
  accepts(pool, held.job());
  accepts(pool, held.job());
  held.wait_until_all_run();
  for (int i = 0; i < 3; ++i) accepts(pool, kNothing);
  EXPECT_EQ(pool.submit(kNothing), Admission::full);
  EXPECT_EQ(pool.counts(),
            (PoolCounts{.accepted = 5, .refused = 1, .waiting = 3, .running = 2}));
  held.release();
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_EQ(pool.counts(), (PoolCounts{.accepted = 5, .refused = 1, .finished = 5}));
}

TEST(ThreadPool, RunsAsManyJobsAtATimeAsItHasThreads) {
  ThreadPool pool({.threads = 3, .queue = 10});
  Held held(3);
  for (int i = 0; i < 3; ++i) accepts(pool, held.job());
  held.wait_until_all_run();
  accepts(pool, kNothing);
  EXPECT_EQ(pool.counts().running, 3u);
  EXPECT_EQ(pool.counts().waiting, 1u);
}

TEST(ThreadPool, OneThreadRunsTheJobsInTheOrderInWhichTheyCame) {
  std::vector<int> ran;
  ThreadPool pool({.threads = 1, .queue = 10});
  for (int i = 1; i <= 5; ++i)
    accepts(pool, [&ran, i](const std::stop_token&) { ran.push_back(i); });
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_THAT(ran, ElementsAre(1, 2, 3, 4, 5));
}

TEST(ThreadPool, RunsAJobThatComesWhileItsThreadsSleep) {
  ThreadPool pool({.threads = 2});
  for (int i = 0; i < 100; ++i) {
    std::latch done(1);
    accepts(pool, [&](const std::stop_token&) { done.count_down(); });
    finishes("a thread wakes up for a job", [&] { done.wait(); });
  }
}

TEST(ThreadPool, RunsEveryAcceptedJobBeforeDrainReturns) {
  ThreadPool pool({.threads = 2, .queue = 100});
  std::atomic<int> ran = 0, asked_to_stop = 0;
  for (int i = 0; i < 100; ++i) {
    accepts(pool, [&](const std::stop_token& stop) {
      ++ran;
      asked_to_stop += stop.stop_requested();
    });
  }
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(asked_to_stop, 0) << "draining asks nobody to stop";
  EXPECT_EQ(pool.submit(kNothing), Admission::closed);
  EXPECT_EQ(pool.counts(), (PoolCounts{.accepted = 100, .refused = 1, .finished = 100}));
}

TEST(ThreadPool, ItsDestructorDrainsItAndWakesThreadsThatSleep) {
  std::atomic<int> ran = 0;
  finishes("a pool that is idle can go", [] { ThreadPool idle({.threads = 4}); });
  finishes("a pool with jobs can go", [&] {
    ThreadPool pool({.threads = 1, .queue = 10});
    for (int i = 0; i < 10; ++i) accepts(pool, [&](const std::stop_token&) { ++ran; });
  });
  EXPECT_EQ(ran, 10);
}

TEST(ThreadPool, StopRemovesWhatWaitsAndAsksWhatRuns) {
  ThreadPool pool({.threads = 1, .queue = 4});
  std::latch started(1);
  bool ran = false;
  accepts(pool, [&](const std::stop_token& stop) {
    started.count_down();
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  started.wait();
  for (int i = 0; i < 2; ++i) accepts(pool, [&](const std::stop_token&) { ran = true; });
  finishes("stop() asks the job that runs, and returns", [&] { pool.stop(); });
  EXPECT_FALSE(ran);
  EXPECT_EQ(pool.counts(), (PoolCounts{.accepted = 3, .finished = 1, .removed = 2}));
  EXPECT_EQ(pool.submit(kNothing), Admission::closed);
}

TEST(ThreadPool, EndsAsOftenAsItIsAskedAndFromSeveralThreads) {
  ThreadPool pool({.threads = 2, .queue = 10});
  Held held(2);
  for (int i = 0; i < 2; ++i) accepts(pool, held.job());
  held.wait_until_all_run();
  std::atomic<int> returned = 0;
  std::vector<std::jthread> enders;
  for (const auto end : {&ThreadPool::drain, &ThreadPool::stop, &ThreadPool::drain}) {
    enders.emplace_back([&, end] {
      (pool.*end)();
      ++returned;
      EXPECT_EQ(pool.counts().running, 0u) << "it returned while a job runs";
    });
  }
  held.release();
  finishes("everyone who ended it returns", [&] { enders.clear(); });
  EXPECT_EQ(returned, 3);
  finishes("and again", [&] {
    pool.stop();
    pool.drain();
  });
}

TEST(ThreadPool, HandsOnWhatAJobThrowsAndGoesOn) {
  std::vector<std::string> thrown;
  ThreadPool pool({.threads = 1, .on_failure = [&](const std::exception_ptr& what) {
                     try {
                       std::rethrow_exception(what);
                     } catch (const std::exception& error) {
                       thrown.emplace_back(error.what());
                     }
                   }});
  accepts(pool, [](const std::stop_token&) { throw std::runtime_error("no"); });
  accepts(pool, kNothing);
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_THAT(thrown, ElementsAre("no"));
  EXPECT_EQ(pool.counts(), (PoolCounts{.accepted = 2, .finished = 2, .failed = 1}));
}

TEST(ThreadPool, SurvivesAJobThatThrowsWhereNobodyListens) {
  ThreadPool pool({.threads = 1});
  accepts(pool, [](const std::stop_token&) { throw 7; });
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_EQ(pool.counts().failed, 1u);
}

// Each destructor uses the pool, which locks it. Held by the pool, that would be a deadlock.
TEST(ThreadPool, HoldsNoLockWhileItDestroysAJob) {
  std::atomic<int> destroyed = 0;
  finishes("a job is destroyed without the pool's lock", [&] {
    ThreadPool pool({.threads = 1, .queue = 1});
    const auto job = [&](ThreadPool::Job then) -> ThreadPool::Job {
      auto end = std::make_shared<AtTheEnd>([&] {
        (void)pool.counts();
        ++destroyed;
      });
      return [end, then = std::move(then)](const std::stop_token& stop) { then(stop); };
    };
    const auto submit = [&](ThreadPool::Job one) { return pool.submit(std::move(one)); };
    Held held(1);
    EXPECT_EQ(submit(job(held.job())), Admission::accepted);  // it runs, then goes
    held.wait_until_all_run();
    EXPECT_EQ(submit(job(kNothing)), Admission::accepted);  // it waits, and is removed
    EXPECT_EQ(submit(job(kNothing)), Admission::full);      // it is refused
    std::jthread stops([&] { pool.stop(); });
    while (pool.counts().removed == 0) std::this_thread::yield();
    held.release();
  });
  EXPECT_EQ(destroyed, 3);
}

// What a job captured is gone when its thread is free again, not when the next job comes.
TEST(ThreadPool, KeepsNothingOfAJobThatIsDone) {
  ThreadPool pool({.threads = 1});
  std::latch gone(1);
  {
    auto end = std::make_shared<AtTheEnd>([&] { gone.count_down(); });
    accepts(pool, [end](const std::stop_token&) {});
  }
  finishes("a job that is done is destroyed", [&] { gone.wait(); });
}

TEST(ThreadPool, LosesNoJobBetweenManyThreads) {
  constexpr int kThreads = 4, kEach = 2000;
  ThreadPool pool({.threads = 3, .queue = 50});
  std::atomic<std::uint64_t> ran = 0, accepted = 0;
  {
    std::vector<std::jthread> submitters;
    for (int i = 0; i < kThreads; ++i) {
      submitters.emplace_back([&] {
        for (int n = 0; n < kEach; ++n) {
          accepted +=
              pool.submit([&](const std::stop_token&) { ++ran; }) == Admission::accepted;
        }
      });
    }
  }
  finishes("drain() returns", [&] { pool.drain(); });
  EXPECT_EQ(ran, accepted);
  const PoolCounts counts = pool.counts();
  EXPECT_EQ(counts.accepted, accepted);
  EXPECT_EQ(counts.accepted + counts.refused, std::uint64_t{kThreads} * kEach);
  EXPECT_EQ(counts.finished, accepted);
}

TEST(ThreadPool, RefusesImpossibleSettings) {
  for (const int threads : {-1, 0, 101, std::numeric_limits<int>::max()})
    EXPECT_THROW(ThreadPool({.threads = threads}), std::invalid_argument) << threads;
  EXPECT_THROW(ThreadPool({.queue = 0}), std::invalid_argument);
  EXPECT_NO_THROW(ThreadPool({.threads = 1, .queue = 1}));
  EXPECT_NO_THROW(ThreadPool({.queue = std::numeric_limits<std::size_t>::max()}));
  finishes("a pool of 100 threads comes and goes", [] { ThreadPool({.threads = 100}); });
}

}  // namespace
}  // namespace lab07
