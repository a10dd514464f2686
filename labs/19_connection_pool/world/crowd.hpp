// crowd.hpp: borrowers at the same time, a thread for each.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lab19 {

// Calls `borrower` on so many threads and waits for all of them. Then it throws what the
// first of them threw: a server that dies in the middle ends the scene, not the process.
inline void in_parallel(int borrowers, const std::function<void()>& borrower) {
  std::mutex mutex;
  std::exception_ptr first;
  std::vector<std::jthread> threads;
  for (int i = 0; i < borrowers; ++i) {
    threads.emplace_back([&] {
      try {
        borrower();
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
    });
  }
  threads.clear();
  if (first) std::rethrow_exception(first);
}

}  // namespace lab19
