// bank.hpp: two accounts whose sum must stay the same, and two ways to write a transfer.
//
// Between the two writes of a transfer, other callbacks run: that is where a lock is held,
// and where an exception leaves what it leaves.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime.hpp"

namespace lab08 {

enum class Care { careless, careful };

class Bank {
 public:
  Bank(Runtime& runtime, Care care) : runtime_(runtime), care_(care) {}

  int sum() const { return a_ + b_; }
  bool locked() const { return locked_; }

  // Moves it from A to B, in two turns; or throws, later, between the two. False: refused,
  // because another transfer holds the lock.
  bool transfer(int amount, bool fails = false) {
    if (locked_) return false;
    if (care_ == Care::careless) {
      locked_ = true;
      a_ -= amount;
      runtime_.set_immediate([this, amount, fails] {
        if (fails) throw std::runtime_error("between the two writes");
        b_ += amount;
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
      a_ -= amount;
      b_ += amount;
    });
    return true;
  }

 private:
  Runtime& runtime_;
  Care care_;
  int a_ = 100, b_ = 100;
  bool locked_ = false;
};

}  // namespace lab08
