// crowd.hpp: borrowers at the same time, a thread for each.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace lab19 {

// Calls `borrower` on so many threads and waits for all of them. Then it throws what the
// first of them threw: a server that goes in the middle ends the scene, not the process.
class Crowd {
 public:
  void run(int borrowers, const std::function<void()>& borrower) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < borrowers; ++i) {
      threads.emplace_back([&] { guarded(borrower); });
    }
    threads.clear();
    if (first_) std::rethrow_exception(first_);
  }

  bool failed() const { return failed_; }  // who waits for the others need not

 private:
  void guarded(const std::function<void()>& borrower) {
    try {
      borrower();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_) first_ = std::current_exception();
      failed_ = true;
    }
  }

  std::mutex mutex_;
  std::exception_ptr first_;
  std::atomic<bool> failed_ = false;
};

// Counts a latch down: when told to, or else on the way out.
class Arrival {
 public:
  explicit Arrival(std::latch& latch) : latch_(latch) {}
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;
  ~Arrival() { now(); }

  void now() {
    if (!arrived_) latch_.count_down();
    arrived_ = true;
  }

 private:
  std::latch& latch_;
  bool arrived_ = false;
};

}  // namespace lab19
