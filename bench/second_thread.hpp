// second_thread.hpp: a thread that only waits, as long as the program runs.
//
// While a process has one thread, glibc's mutex skips its atomic operations. A program
// that needs a lock has more: so has a benchmark of one.
#pragma once

#include <atomic>
#include <thread>

class SecondThread {
 public:
  ~SecondThread() {
    done_ = true;
    done_.notify_all();
  }

 private:
  std::atomic<bool> done_ = false;
  std::jthread thread_{[this] { done_.wait(false); }};
};
