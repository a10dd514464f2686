// promise.hpp: what an async listener returns: as much of a promise as an emitter must know.
//
//   pending --> fulfilled
//           \-> rejected, with an exception
//
// Errors    A rejection that nobody has asked for when the last copy goes is given to
//           on_unhandled, which ends the process unless it is replaced (as Node since 15).
// Threads   One.
// Left out  Values, then() chains, microtasks: lab 02 and lab 08 have them.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace lab30 {

class Promise {
 public:
  using OnRejected = std::function<void(std::exception_ptr)>;

  Promise() : state_(std::make_shared<State>()) {}
  // What a listener that is not async returns: nothing that could be rejected.
  static Promise none() { return Promise(nullptr); }
  explicit operator bool() const { return state_ != nullptr; }

  // A promise is settled once; later calls do nothing.
  void fulfill() const { settle(nullptr); }
  void reject(const std::exception_ptr& reason) const { settle(reason); }

  // Whoever asks has taken the rejection over. Called at once if it is there already.
  void on_rejected(const OnRejected& call) const {
    state_->handled = true;
    if (state_->reason) return call(state_->reason);
    if (!state_->settled) state_->waiting.push_back(call);
  }

  static inline OnRejected on_unhandled = [](const std::exception_ptr&) {
    std::terminate();
  };

 private:
  struct State {
    bool settled = false;
    bool handled = false;
    std::exception_ptr reason{};
    std::vector<OnRejected> waiting{};
    ~State() {
      if (reason && !handled) on_unhandled(reason);
    }
  };
  explicit Promise(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void settle(const std::exception_ptr& reason) const {
    if (std::exchange(state_->settled, true)) return;
    state_->reason = reason;
    for (const auto& each : std::exchange(state_->waiting, {}))
      if (reason) each(reason);
  }

  std::shared_ptr<State> state_;
};

}  // namespace lab30
