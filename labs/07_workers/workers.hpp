// workers.hpp: worker threads: a fixed number of them, and one bounded queue of jobs.
//
//   submit() --> queue (bounded) --> a free thread --> finished, or failed if it threw
//           \--> refused: full       \--> removed by stop() before it ran
//            \--> refused: closed
//
// Threads   Every member may be called from any thread; drain() and stop() not from a job.
// Errors    A refusal is a normal answer, never an exception and never a wait. What a job
//           throws goes to on_failure. An impossible config throws std::invalid_argument.
// Lifetime  The pool drains when it goes: every accepted job has then run. A job and what it
//           captured are destroyed without the pool's lock.
// Cost      One lock and one wake-up for each job; see bench/07_workers.cpp.
// Source    The queue and its limit as in piscina; std::stop_token.
// Left out  Priorities, growing and shrinking, taking one job back, a deadline for a job. A
//           job that waits for another of its own pool may wait for ever: nothing notices.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace lab07 {

enum class Admission { accepted, full, closed };

struct PoolConfig {
  int threads = 2;         // 1 to 100
  std::size_t queue = 64;  // jobs that may wait; those that run are not counted
  // What a job threw, on the job's thread. Must not throw.
  std::function<void(std::exception_ptr)> on_failure{};
};

struct PoolCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t finished = 0;  // failed ones too
  std::uint64_t failed = 0;
  std::uint64_t removed = 0;
  std::size_t waiting = 0;
  std::size_t running = 0;

  bool operator==(const PoolCounts&) const = default;
};

class ThreadPool {
 public:
  // A job of any length should look at its token now and then.
  using Job = std::function<void(std::stop_token)>;

  explicit ThreadPool(PoolConfig config);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // Step 1: the contract. A pool has a fixed number of threads and a queue with a limit, and
  // submit() never waits: a job is accepted, or refused at once.
  [[nodiscard]] Admission submit(Job job);
  // Accepts no more, runs what was accepted, and returns when all of it is done.
  void drain();
  // Accepts no more, removes what waits, asks what runs to stop, and returns when it has.
  void stop();

  PoolCounts counts() const;

 private:
  void work();
  bool run(const Job& job);
  void join();

  const PoolConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  PoolCounts counts_;
  std::stop_source stop_;
  bool closed_ = false;
  std::mutex joining_;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace lab07
