// ticks.hpp: what is to happen after the callback that runs now, before any other:
// process.nextTick for streams. (Lab 02 is about the real one, and its microtasks.)
#pragma once

#include <deque>
#include <functional>
#include <utility>

namespace lab {

class Ticks {
 public:
  void defer(std::function<void()> job) { jobs_.push_back(std::move(job)); }

  // Runs `callback`, then all that it deferred, then all that those deferred. Every
  // callback of the loop comes in through here, as Node's do.
  void run(const std::function<void()>& callback) {
    ++depth_;
    callback();
    while (depth_ == 1 && !jobs_.empty()) {
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
    --depth_;
  }

 private:
  std::deque<std::function<void()>> jobs_;
  int depth_ = 0;  // run() inside run(): only the outermost call drains
};

}  // namespace lab
