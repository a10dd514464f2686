// worker.hpp: one thread that computes for a loop, and hands its results back to it.
//
//   run() --> queue (bounded) --> the thread --> Async --> on_done, on the loop's thread
//         \-> false: full
//
//   a job throws --> on_error, on the loop's thread
//
// Threads   All members are called on the loop's thread. A job runs on the worker's, so it
//           must share nothing with the loop.
// Errors    As in Node, an error that nobody listens for ends the process.
// Lifetime  Must go before its loop. Jobs that have not begun by then are dropped; the
//           destructor waits for the one that runs.
// Left out  More threads, cancelling: lab 07.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "lab/uv/uv.hpp"

namespace lab23 {

class Worker {
 public:
  using Job = std::function<std::uint64_t()>;
  using OnDone = std::function<void(std::uint64_t)>;
  static constexpr std::size_t kMostWaiting = 64;

  explicit Worker(lab::uv::Loop& loop)
      : done_(loop, [this] { hand_over(); }), thread_([this] { work(); }) {
    done_.unref();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  // Instead of on_done, if the job throws.
  std::function<void(std::exception_ptr)> on_error;

  [[nodiscard]] bool run(Job job, OnDone on_done) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= kMostWaiting) return false;
      waiting_.emplace_back(std::move(job), std::move(on_done));
    }
    changed_.notify_one();
    return true;
  }

 private:
  struct Finished {
    OnDone on_done;
    std::uint64_t result = 0;
    std::exception_ptr error{};
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      if (closed_) return;
      auto [job, on_done] = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      Finished ended = finish(std::move(job), std::move(on_done));
      lock.lock();
      finished_.push_back(std::move(ended));
      done_.send();
    }
  }

  // By value: the job, and with it what it has captured, goes here, where no lock is held.
  static Finished finish(Job job, OnDone on_done) {
    Finished ended{std::move(on_done)};
    try {
      ended.result = job();
    } catch (...) {
      ended.error = std::current_exception();
    }
    return ended;
  }

  // Step 4: the result comes back as an event like any other, when the loop is free.
  void hand_over() noexcept {
    std::vector<Finished> finished;
    {
      const std::lock_guard lock(mutex_);
      finished.swap(finished_);
    }
    for (const Finished& one : finished) {
      if (!one.error) {
        one.on_done(one.result);
      } else if (on_error) {
        on_error(one.error);
      } else {
        std::rethrow_exception(one.error);
      }
    }
  }

  lab::uv::Async done_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::pair<Job, OnDone>> waiting_{};
  std::vector<Finished> finished_{};
  bool closed_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lab23
