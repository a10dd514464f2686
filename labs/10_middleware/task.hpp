// task.hpp: an async function, as JavaScript has them.
//
//   starts at once --> runs to its first co_await --> its caller goes on
//   ends or throws --> whoever awaits it, or asked on_failure(), is told
//
// Threads   Runs on the thread that resumes it; not to be shared.
// Errors    An exception is kept for the one who asks. With nobody asking it is lost:
//           JavaScript calls that an unhandled rejection.
// Cost      One allocation for the frame, one for what outlives it.
// Compiler  GCC 12 destroys twice what a lambda captured that is a temporary of co_await:
//           name it first.
// Left out  Results, cancelling, more than one awaiter.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace lab10 {

class Task {
  struct State {
    bool done = false;
    std::exception_ptr error;
    std::function<void()> told;
  };

 public:
  struct promise_type {
    std::shared_ptr<State> state = std::make_shared<State>();

    // The frame goes first, its awaiter goes on second: what the function owned is freed.
    struct Ended {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> frame) noexcept {
        const auto kept = std::move(frame.promise().state);
        frame.destroy();
        kept->done = true;
        if (const auto told = std::exchange(kept->told, nullptr)) told();
      }
      void await_resume() noexcept {}
    };

    Task get_return_object() { return Task(state); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    Ended final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { state->error = std::current_exception(); }
  };

  // Called once, now or when it ends; not if it ends well.
  void on_failure(std::function<void(std::exception_ptr)> call) const {
    const auto tell = [state = state_.get(), call = std::move(call)] {
      if (state->error) call(state->error);
    };
    state_->done ? tell() : void(state_->told = tell);
  }

  bool await_ready() const { return state_->done; }
  void await_suspend(std::coroutine_handle<> awaiter) const {
    state_->told = [awaiter] { awaiter.resume(); };
  }
  void await_resume() const {
    if (state_->error) std::rethrow_exception(state_->error);
  }

 private:
  explicit Task(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

// co_await Pause(start): start(resume) arranges that `resume` is called later, once. If it
// is dropped instead, the function that waits is dropped with it.
class Pause {
 public:
  using Start = std::function<void(std::function<void()>)>;
  explicit Pause(Start start) : start_(std::move(start)) {}

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    struct Owner {
      std::coroutine_handle<> frame;
      ~Owner() {
        if (frame) frame.destroy();
      }
    };
    auto owner = std::make_shared<Owner>();
    owner->frame = waiting;
    const auto begin =
        start_;  // this Pause lies in the frame, which may be gone after it
    begin([owner = std::move(owner)] {
      if (const auto frame = std::exchange(owner->frame, nullptr)) frame.resume();
    });
  }
  void await_resume() const {}

 private:
  Start start_;
};

}  // namespace lab10
