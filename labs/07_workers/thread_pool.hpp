// thread_pool.hpp: a fixed number of threads that share one bounded queue of jobs.
//
//   submit() --> queue (bounded) --> a free thread --> finished, or failed if it threw
//           \--> refused: full       \--> removed by cancel() before it ran
//            \--> refused: closed
//
// Units     Queue time is std::chrono, read through the injected clock.
// Threads   Every member may be called from any thread; drain() and stop() not from a job.
// Errors    A refusal is an answer, not an exception, and never a wait. What a job throws
//           is handed to on_finish. An impossible Config throws std::invalid_argument.
// Lifetime  The pool drains when it goes: every accepted job has then run. Observers run
//           on the pool's threads, without its lock, and must not throw.
// Cost      One lock and one wake-up for each job; see bench/07_workers.cpp.
// Source    The queue, its limit and its histograms as in piscina; std::stop_token.
// Left out  Priorities, growing and shrinking, work stealing. A job that waits for
//           another job of its own pool may wait for ever: nothing here notices.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "lab/histogram.hpp"

namespace lab07 {

using JobId = std::uint64_t;

enum class Refused { no, full, closed };

struct Submission {
  JobId id = 0;
  Refused refused = Refused::no;

  explicit operator bool() const { return refused == Refused::no; }
};

enum class Cancelled {
  removed,  // it had not started, and never will
  asked,    // it runs, and its token says stop: the job decides when to look
  too_late  // it has finished, or never was
};

struct PoolConfig {
  int threads = 2;
  std::size_t queue = 64;  // jobs that may wait; those that run are not counted
  std::function<std::chrono::steady_clock::time_point()> now =
      std::chrono::steady_clock::now;
};

struct PoolObservers {
  std::function<void(int thread, JobId)> on_start{};
  std::function<void(int thread, JobId, std::exception_ptr)> on_finish{};
};

struct PoolCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t finished = 0;  // failed ones too
  std::uint64_t failed = 0;
  std::uint64_t removed = 0;
  std::size_t waiting = 0;
  std::size_t running = 0;
};

class ThreadPool {
 public:
  using Job = std::function<void(std::stop_token)>;

  explicit ThreadPool(PoolConfig config, PoolObservers observers = {});
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  [[nodiscard]] Submission submit(Job job);
  Cancelled cancel(JobId id);

  // Accepts no more, runs what was accepted, and returns when all of it is done.
  void drain();
  // Accepts no more, removes what waits, asks what runs to stop, and returns when it has.
  void stop();

  PoolCounts counts() const;
  lab::Latency queue_time() const;  // from submit() until a thread took the job

 private:
  struct Waiting {
    JobId id;
    Job job;
    std::chrono::steady_clock::time_point since;
  };
  struct Running {
    JobId id = 0;  // 0: this thread is idle
    std::stop_source stop{std::nostopstate};
  };

  void work(int thread);
  void run(int thread, JobId id, const Job& job, const std::stop_token& token);
  void join();

  const PoolConfig config_;
  const PoolObservers observers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::vector<Running> running_;
  PoolCounts counts_;
  lab::Latency queue_time_;
  JobId last_id_ = 0;
  bool closed_ = false;
  std::mutex joining_;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace lab07
