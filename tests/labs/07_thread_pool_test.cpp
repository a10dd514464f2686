// The pool's promises. Jobs are held by latches, never by time.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>

#include "thread_pool.hpp"

namespace lab07 {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

// Jobs that hold their thread until release().
class Held {
 public:
  explicit Held(int jobs) : started_(jobs) {}
  ~Held() { release(); }
  ThreadPool::Job job() {
    return [this](const std::stop_token&) {
      started_.count_down();
      gate_.wait(false);
    };
  }
  void wait_until_all_run() { started_.wait(); }
  void release() {
    gate_ = true;
    gate_.notify_all();
  }

 private:
  std::latch started_;
  std::atomic<bool> gate_ = false;
};

const ThreadPool::Job kNothing = [](const std::stop_token&) {};

TEST(ThreadPool, RefusesTheFirstJobThatTheQueueHasNoRoomFor) {
  ThreadPool pool({.threads = 2, .queue = 3});
  Held held(2);
  EXPECT_TRUE(pool.submit(held.job()));
  EXPECT_TRUE(pool.submit(held.job()));
  held.wait_until_all_run();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(kNothing)) << i;
  EXPECT_EQ(pool.submit(kNothing).refused, Refused::full);
  held.release();
  pool.drain();
  EXPECT_EQ(pool.counts().refused, 1u);
}

TEST(ThreadPool, RunsEveryAcceptedJobBeforeDrainReturns) {
  ThreadPool pool({.threads = 2, .queue = 100});
  std::atomic<int> ran = 0;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(pool.submit([&](const std::stop_token&) { ++ran; }));
  pool.drain();
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(pool.submit(kNothing).refused, Refused::closed);
}

TEST(ThreadPool, RemovesAJobThatStillWaits) {
  ThreadPool pool({.threads = 1, .queue = 4});
  Held held(1);
  ASSERT_TRUE(pool.submit(held.job()));
  held.wait_until_all_run();
  bool ran = false;
  const Submission waiting = pool.submit([&](const std::stop_token&) { ran = true; });
  EXPECT_EQ(pool.cancel(waiting.id), Cancelled::removed);
  EXPECT_EQ(pool.cancel(waiting.id), Cancelled::too_late);
  held.release();
  pool.drain();
  EXPECT_FALSE(ran);
}

TEST(ThreadPool, AsksARunningJobToStop) {
  ThreadPool pool({.threads = 1});
  std::latch started(1);
  const Submission job = pool.submit([&](const std::stop_token& stop) {
    started.count_down();
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  started.wait();
  EXPECT_EQ(pool.cancel(job.id), Cancelled::asked);
  pool.drain();  // returns only because the job saw its token
  EXPECT_EQ(pool.counts().finished, 1u);
}

TEST(ThreadPool, StopRemovesWhatWaitsAndAsksWhatRuns) {
  ThreadPool pool({.threads = 1, .queue = 4});
  std::latch started(1);
  ASSERT_TRUE(pool.submit([&](const std::stop_token& stop) {
    started.count_down();
    while (!stop.stop_requested()) std::this_thread::yield();
  }));
  started.wait();
  ASSERT_TRUE(pool.submit(kNothing));
  ASSERT_TRUE(pool.submit(kNothing));
  pool.stop();
  EXPECT_EQ(pool.counts().removed, 2u);
  EXPECT_EQ(pool.counts().finished, 1u);
}

TEST(ThreadPool, HandsOnWhatAJobThrowsAndGoesOn) {
  std::atomic<int> thrown = 0;
  ThreadPool pool({.threads = 1},
                  {.on_finish = [&](int, JobId, const std::exception_ptr& what) {
                    if (what) ++thrown;
                  }});
  ASSERT_TRUE(
      pool.submit([](const std::stop_token&) { throw std::runtime_error("no"); }));
  ASSERT_TRUE(pool.submit(kNothing));
  pool.drain();
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(pool.counts().failed, 1u);
  EXPECT_EQ(pool.counts().finished, 2u);
}

TEST(ThreadPool, RecordsHowLongAJobWaitedByTheInjectedClock) {
  std::atomic<Time> now = Time{};
  ThreadPool pool({.threads = 1, .now = [&] { return now.load(); }});
  Held held(1);
  ASSERT_TRUE(pool.submit(held.job()));
  held.wait_until_all_run();
  ASSERT_TRUE(pool.submit(kNothing));
  now = Time{} + 7s;
  held.release();
  pool.drain();
  EXPECT_EQ(pool.queue_time().count(), 2u);
  EXPECT_EQ(pool.queue_time().max(), 7s);
}

TEST(ThreadPool, RefusesImpossibleSettings) {
  EXPECT_THROW(ThreadPool({.threads = 0}), std::invalid_argument);
  EXPECT_THROW(ThreadPool({.queue = 0}), std::invalid_argument);
  EXPECT_THROW(ThreadPool({.now = nullptr}), std::invalid_argument);
}

}  // namespace
}  // namespace lab07
