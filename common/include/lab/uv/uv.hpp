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

#include <netinet/in.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lab/core/error.hpp"

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

// libuv's handle, and how the last read went.
struct TcpRaw : uv_tcp_t {
  ssize_t result;
};

// Where a loop's thread reads into. One is enough: libuv hands out what it has read before
// it reads again; and a thousand quiet connections need not keep 64 KiB each.
inline std::string& read_buffer() {
  thread_local std::string bytes(std::size_t{64} << 10, '\0');
  return bytes;
}

// One end of a TCP connection.
class Tcp : public Handle<TcpRaw> {
 public:
  // Not connected: connect() comes next, or a Listener's accept().
  explicit Tcp(Loop& loop) { initialized(uv_tcp_init(loop.raw(), raw()), "uv_tcp_init"); }

  // Takes over a connected socket, and closes it with this object.
  Tcp(Loop& loop, int fd) {
    initialized(uv_tcp_init(loop.raw(), raw()), "uv_tcp_init");
    check(uv_tcp_open(raw(), fd), "uv_tcp_open");
  }

  // To a port of this machine. Returns at once; on_connected tells how it went.
  void connect(std::uint16_t port, std::function<void(int status)> on_connected) {
    sockaddr_in address{};
    check(uv_ip4_addr("127.0.0.1", port, &address), "uv_ip4_addr");
    connect(address, std::move(on_connected));
  }
  void connect(const sockaddr_in& address, std::function<void(int status)> on_connected) {
    auto* request = new Request<uv_connect_t>{{}, std::move(on_connected)};
    const int result =
        uv_tcp_connect(request, raw(), reinterpret_cast<const sockaddr*>(&address),
                       answered<uv_connect_t>);
    if (result < 0) delete request;
    check(result, "uv_tcp_connect");
  }

  // Calls on_read for every piece that arrives: its bytes, valid during the call, and 0;
  // or no bytes and a status, UV_EOF among them. It must not read_start() again from
  // there.
  void read_start(std::function<void(std::string_view bytes, int status)> on_read) {
    set([raw = raw(), on_read = std::move(on_read)] {
      const auto size = static_cast<std::size_t>(std::max<ssize_t>(raw->result, 0));
      const int status = static_cast<int>(std::min<ssize_t>(raw->result, 0));
      on_read({read_buffer().data(), size}, status);
    });
    check(uv_read_start(stream(), give_buffer, received), "uv_read_start");
  }
  void read_stop() { uv_read_stop(stream()); }

  // Calls on_written once the kernel has taken all of it, which is never before write()
  // returns; not at all if the socket is closed first. REQUIRES: on_written keeps the
  // bytes.
  void write(std::string_view bytes, std::function<void(int status)> on_written) {
    auto* request = new Request<uv_write_t>{{}, std::move(on_written)};
    const uv_buf_t piece =
        uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
    const int result = uv_write(request, stream(), &piece, 1, answered<uv_write_t>);
    if (result < 0) delete request;
    check(result, "uv_write");
  }

  // Ends our direction, after what was written: the other end reads its end of file.
  void shutdown(std::function<void(int status)> on_shut) {
    auto* request = new Request<uv_shutdown_t>{{}, std::move(on_shut)};
    const int result = uv_shutdown(request, stream(), answered<uv_shutdown_t>);
    if (result < 0) delete request;
    check(result, "uv_shutdown");
  }

 private:
  template <class Raw>
  struct Request : Raw {
    std::function<void(int)> on_answer;
  };

  friend class Listener;
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(raw()); }

  static TcpRaw* from(void* handle) {
    return static_cast<TcpRaw*>(static_cast<uv_tcp_t*>(handle));
  }
  static void give_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    std::string& bytes = read_buffer();
    *buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  }
  static void received(uv_stream_t* stream, ssize_t result, const uv_buf_t*) {
    if (result == 0) return;  // nothing there after all
    from(stream)->result = result;
    call<>(from(stream));
  }
  // Whoever closed the handle wants no answer any more.
  template <class Raw>
  static void answered(Raw* raw, int status) {
    const std::unique_ptr<Request<Raw>> request(static_cast<Request<Raw>*>(raw));
    // Closed meanwhile: nobody waits for the answer, not even to a write that succeeded.
    if (!uv_is_closing(reinterpret_cast<uv_handle_t*>(raw->handle)))
      request->on_answer(status);
  }
};

// Waits for connections on a port of this machine that the kernel chooses.
class Listener : public Handle<uv_tcp_t> {
 public:
  // on_connection must accept() once for each call.
  Listener(Loop& loop, std::function<void()> on_connection) {
    initialized(uv_tcp_init(loop.raw(), raw()), "uv_tcp_init");
    sockaddr_in address{};
    check(uv_ip4_addr("127.0.0.1", 0, &address), "uv_ip4_addr");
    check(uv_tcp_bind(raw(), reinterpret_cast<const sockaddr*>(&address), 0), "bind");
    set(std::move(on_connection));
    check(uv_listen(stream(), 1024,
                    [](uv_stream_t* stream, int status) {
                      if (status == 0) call<>(reinterpret_cast<uv_tcp_t*>(stream));
                    }),
          "listen");
  }

  void accept(Tcp& into) { check(uv_accept(stream(), into.stream()), "accept"); }

  std::uint16_t port() {
    sockaddr_in address{};
    int size = sizeof address;
    check(uv_tcp_getsockname(raw(), reinterpret_cast<sockaddr*>(&address), &size),
          "uv_tcp_getsockname");
    return ntohs(address.sin_port);
  }

 private:
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(raw()); }
};

}  // namespace lab::uv
