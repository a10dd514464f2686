// subscription.hpp: the right to go on listening, as an object.
//
// When it goes, its listener is called no more, not even by an emit in progress. off() is
// weaker: in Node a listener keeps alive what it uses, so one call too many does no harm;
// in C++ what it uses may be gone.
#pragma once

#include <functional>
#include <utility>

namespace lab30 {

class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
  Subscription(Subscription&& other) noexcept
      : end_(std::exchange(other.end_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    end();
    end_ = std::exchange(other.end_, nullptr);
    return *this;
  }
  ~Subscription() { end(); }

  void end() {
    if (const auto end = std::exchange(end_, nullptr)) end();
  }

 private:
  std::function<void()> end_;
};

}  // namespace lab30
