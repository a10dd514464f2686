// uv.hpp: libuv with owners: a handle is closed when its C++ object goes.
//
// Lifetime  A uv_handle_t must outlive its close callback, which runs in a later phase of
//           the loop. So each handle lives on the heap, and its close callback frees it;
//           the object on the stack is only the right to use it. A Loop, when it goes,
//           closes what is left and runs until every close callback has been called.
// Threads   A loop and its handles belong to one thread. Only Async::send may be called
//           from another.
// Errors    A call that libuv refuses throws lab::Error with what was tried and
//           uv_strerror. Callbacks must not throw: libuv is C.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "lab/error.hpp"

namespace lab::uv {

// Answers the result, or throws Error if it is negative.
inline int check(int result, std::string_view tried) {
  if (result < 0) throw Error(tried, uv_strerror(result));
  return result;
}

class Loop {
 public:
  Loop() { check(uv_loop_init(&loop_), "uv_loop_init"); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    const auto close = [](uv_handle_t* handle, void*) {
      if (!uv_is_closing(handle)) uv_close(handle, nullptr);
    };
    uv_walk(&loop_, close, nullptr);
    while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_ONCE);
  }

  uv_loop_t* raw() { return &loop_; }

  // True while handles or requests still keep the loop alive.
  bool run(uv_run_mode mode = UV_RUN_DEFAULT) { return uv_run(&loop_, mode) != 0; }
  void stop() { uv_stop(&loop_); }

 private:
  uv_loop_t loop_;
};

// Owns one handle of libuv's type Raw, with one callback.
template <class Raw>
class Handle {
 public:
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }

  Raw* raw() { return &box_->raw; }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&box_->raw); }

  bool open() const { return box_ != nullptr; }
  void ref() { uv_ref(handle()); }
  void unref() { uv_unref(handle()); }

  // Later calls do nothing. `closed` runs in the loop's closing phase.
  void close(std::function<void()> closed = {}) {
    if (!box_) return;
    set(std::move(closed));
    uv_close(handle(), [](uv_handle_t* raw) {
      const std::unique_ptr<Box> box(static_cast<Box*>(raw->data));
      if (*box->on_event) (*box->on_event)();
    });
    box_ = nullptr;
  }

 protected:
  struct Box {
    Raw raw;
    std::shared_ptr<std::function<void()>> on_event;
  };

  Handle() : box_(new Box{}) { box_->raw.data = box_; }

  // For a subclass whose uv_*_init refused: nothing was registered, so nothing to close.
  void initialized(int result, std::string_view tried) {
    if (result < 0) delete std::exchange(box_, nullptr);
    check(result, tried);
  }

  void set(std::function<void()> on_event) {
    box_->on_event = std::make_shared<std::function<void()>>(std::move(on_event));
  }

  // libuv calls this, with the handle first: it finds the box and calls its function.
  template <class... Rest>
  static void call(Raw* raw, Rest...) {
    // Shared: the callback may replace itself or close its handle while it runs.
    const auto on_event = static_cast<Box*>(raw->data)->on_event;
    if (*on_event) (*on_event)();
  }

  Box* box_;
};

class Timer : public Handle<uv_timer_t> {
 public:
  explicit Timer(Loop& loop) {
    initialized(uv_timer_init(loop.raw(), raw()), "uv_timer_init");
  }

  // Fires once `after` has passed since the loop last looked at the clock, and then, if
  // `every` is not zero, again and again. Whole milliseconds, as libuv's timers.
  void start(std::chrono::milliseconds after, std::function<void()> on_due,
             std::chrono::milliseconds every = {}) {
    set(std::move(on_due));
    check(uv_timer_start(raw(), call<>, static_cast<std::uint64_t>(after.count()),
                         static_cast<std::uint64_t>(every.count())),
          "uv_timer_start");
  }
  void stop() { uv_timer_stop(raw()); }
};

class Idle : public Handle<uv_idle_t> {
 public:
  explicit Idle(Loop& loop) {
    initialized(uv_idle_init(loop.raw(), raw()), "uv_idle_init");
  }
  void start(std::function<void()> on_turn) {
    set(std::move(on_turn));
    uv_idle_start(raw(), call<>);
  }
  void stop() { uv_idle_stop(raw()); }
};

class Prepare : public Handle<uv_prepare_t> {
 public:
  explicit Prepare(Loop& loop) {
    initialized(uv_prepare_init(loop.raw(), raw()), "uv_prepare_init");
  }
  void start(std::function<void()> on_turn) {
    set(std::move(on_turn));
    uv_prepare_start(raw(), call<>);
  }
  void stop() { uv_prepare_stop(raw()); }
};

class Check : public Handle<uv_check_t> {
 public:
  explicit Check(Loop& loop) {
    initialized(uv_check_init(loop.raw(), raw()), "uv_check_init");
  }
  void start(std::function<void()> on_turn) {
    set(std::move(on_turn));
    uv_check_start(raw(), call<>);
  }
  void stop() { uv_check_stop(raw()); }
};

// Wakes the loop from another thread. Several sends before the loop looks are one call.
class Async : public Handle<uv_async_t> {
 public:
  Async(Loop& loop, std::function<void()> on_wake) {
    initialized(uv_async_init(loop.raw(), raw(), call<>), "uv_async_init");
    set(std::move(on_wake));
  }
  void send() { uv_async_send(raw()); }
};

// Watches a file descriptor that somebody else owns, and that must outlive this.
class Poll : public Handle<uv_poll_t> {
 public:
  Poll(Loop& loop, int fd) {
    initialized(uv_poll_init(loop.raw(), raw(), fd), "uv_poll_init");
  }

  // `events`: UV_READABLE, UV_WRITABLE or both. An error on the descriptor counts as
  // ready: the next read or write tells.
  void start(int events, std::function<void()> on_ready) {
    set(std::move(on_ready));
    check(uv_poll_start(raw(), events, call<int, int>), "uv_poll_start");
  }
  void stop() { uv_poll_stop(raw()); }
};

}  // namespace lab::uv
