// promise.hpp: an answer that comes later: as much of a promise as an emitter must know.
//
//   pending --> fulfilled
//           \-> rejected, with an exception
//
// Errors    A rejection that nobody asked for when the last copy goes is given to
//           on_unhandled, which ends the process unless it was replaced (as Node since 15).
// Threads   One.
// Left out  Values, then() chains, microtasks: see lab 02 and lab 08.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace lab30 {

class Promise {
 public:
  using OnRejected = std::function<void(std::exception_ptr)>;

  Promise() : state_(std::make_shared<State>()) {}

  // It is settled once: later calls do nothing.
  void fulfill() const {
    state_->settled = true;
    state_->on_rejected = nullptr;
  }
  void reject(std::exception_ptr reason) const {
    if (std::exchange(state_->settled, true)) return;
    state_->reason = std::move(reason);
    if (state_->on_rejected) hand_over();
  }

  // Called at once if it is rejected already.
  void on_rejected(OnRejected call) const {
    state_->on_rejected = std::move(call);
    if (state_->reason) hand_over();
  }

  static inline OnRejected on_unhandled = [](const std::exception_ptr&) {
    std::terminate();
  };

 private:
  struct State {
    bool settled = false;
    std::exception_ptr reason;
    OnRejected on_rejected;
    ~State() {
      if (reason) on_unhandled(reason);
    }
  };

  void hand_over() const {
    const auto call = std::exchange(state_->on_rejected, nullptr);
    call(std::exchange(state_->reason, nullptr));
  }

  std::shared_ptr<State> state_;
};

}  // namespace lab30
