// bank.hpp: two accounts whose sum must stay the same, and two ways to write a transfer.
//
// Between the two writes of a transfer, other callbacks run: that is where a lock is held,
// and where an exception leaves what it leaves.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "lab/core/trace.hpp"
#include "uncaught.hpp"

namespace lab08 {

enum class Care { careless, careful };

class Bank {
 public:
  Bank(Runtime& runtime, Care care) : runtime_(runtime), care_(care) { add(0, 0); }

  int sum() const { return a_ + b_; }
  bool locked() const { return locked_; }

  // Moves it from A to B, in two turns; or throws, later, between the two. False: refused,
  // because another transfer holds the lock.
  bool transfer(int amount, bool fails = false) {
    if (locked_) return false;
    if (care_ == Care::careless) {
      locked_ = true;
      add(-amount, 0);
      runtime_.set_immediate([this, amount, fails] {
        if (fails) throw std::runtime_error("between the two writes");
        add(0, amount);
        locked_ = false;
      });
      return true;
    }
    // The lock goes with its owner, however that goes; and nothing is written before
    // everything that can fail has been done.
    locked_ = true;
    const std::shared_ptr<void> unlock(nullptr, [this](void*) { locked_ = false; });
    runtime_.set_immediate([this, amount, fails, unlock] {
      if (fails) throw std::runtime_error("before the two writes");
      add(-amount, amount);
    });
    return true;
  }

 private:
  void add(int to_a, int to_b) {
    a_ += to_a;
    b_ += to_b;
    lab::trace::counter("A + B", sum(),
                        {.lane = care_ == Care::careful ? "careful" : "careless"});
  }

  Runtime& runtime_;
  Care care_;
  int a_ = 100, b_ = 100;
  bool locked_ = false;
};

}  // namespace lab08
