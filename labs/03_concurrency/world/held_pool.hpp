// held_pool.hpp: threads of libuv's pool, occupied one by one for as long as a scene likes.
//
// A held thread waits on a semaphore, which is what a slow disk does to it, without the
// luck. (The twin in Node has no semaphore: it opens a FIFO that nobody writes to.)
//
// Threads   Use it on the loop's thread.
// Lifetime  The loop must outlive it. Destroying it lets the threads go.
#pragma once

#include <memory>
#include <semaphore>
#include <vector>

#include "concurrency.hpp"

namespace lab03 {

class HeldPool {
 public:
  explicit HeldPool(Loop& loop) : loop_(loop) {}
  HeldPool(const HeldPool&) = delete;
  HeldPool& operator=(const HeldPool&) = delete;
  ~HeldPool() { hold(0); }

  // Occupies or frees threads until `threads` of them are asked for. Work that was queued
  // for the pool before runs first.
  void hold(std::size_t threads) {
    for (; gates_.size() > threads; gates_.pop_back()) gates_.back()->release();
    while (gates_.size() < threads) {
      gates_.push_back(std::make_shared<std::binary_semaphore>(0));
      job(
          loop_, [gate = gates_.back()] { gate->acquire(); }, [](int) {});
    }
  }
  std::size_t held() const { return gates_.size(); }

 private:
  Loop& loop_;
  std::vector<std::shared_ptr<std::binary_semaphore>> gates_;
};

}  // namespace lab03
