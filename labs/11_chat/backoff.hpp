// backoff.hpp: how long to wait before the next try, so that not all try at once.
//
// Units     std::chrono. The chance is injected: a number from 0 up to 1.
// Source    "Full jitter" in the AWS architecture blog on exponential backoff.
#pragma once

#include <algorithm>
#include <chrono>

namespace lab11 {

class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Milliseconds base, Milliseconds most) : base_(base), most_(most) {}

  // Step 10: anything between nothing and the ceiling, and the ceiling doubles. Without
  // the chance, all who lost the same server would come back in the same millisecond.
  Milliseconds next(double chance) {
    const Milliseconds ceiling = std::min(most_, base_ * (1 << std::min(tries_++, 20)));
    return std::chrono::duration_cast<Milliseconds>(ceiling * chance);
  }
  void succeeded() { tries_ = 0; }

 private:
  Milliseconds base_;
  Milliseconds most_;
  int tries_ = 0;
};

}  // namespace lab11
