// worker.hpp: one thread that computes for a loop, and hands its results back to it.
//
//   run() --> queue (bounded) --> the thread --> Async --> on_done, on the loop's thread
//         \-> false: full
//
// Threads   All members on the loop's thread; a job runs on the worker's, and so must share
//           nothing with the loop.
// Lifetime  Must go before its loop. What has not begun by then is dropped; its destructor
//           waits for the job that runs.
// Left out  More threads, cancelling: lab 07.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "lab/uv.hpp"

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
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      if (closed_) return;
      const auto [job, on_done] = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      const std::uint64_t result = job();
      lock.lock();
      finished_.emplace_back(on_done, result);
      done_.send();
    }
  }

  // Step 4: the result comes back as an event like any other, when the loop is ready.
  void hand_over() {
    std::vector<std::pair<OnDone, std::uint64_t>> finished;
    {
      const std::lock_guard lock(mutex_);
      finished.swap(finished_);
    }
    for (const auto& [on_done, result] : finished) on_done(result);
  }

  lab::uv::Async done_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::pair<Job, OnDone>> waiting_{};
  std::vector<std::pair<OnDone, std::uint64_t>> finished_{};
  bool closed_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lab23
