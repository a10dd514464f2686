#include "lab/stream/socket.hpp"

#include "lab/net/loopback.hpp"

namespace lab {

namespace {

Error socket_error(std::string_view tried, int status) {
  return Error(tried, uv_strerror(status));
}

}  // namespace

// These calls come from callbacks of libuv, through which nothing may be thrown.
void Socket::attempt(const std::function<void()>& call, const Done& failed) {
  try {
    call();
  } catch (const Error& refused) {
    failed(refused);
  }
}

void Socket::read_more() {
  attempt(
      [this] {
        socket_.read_start([this](std::string_view bytes, int status) {
          ticks().run([&] { received(bytes, status); });
        });
      },
      [this](std::optional<Error> refused) { destroy(std::move(refused)); });
}

void Socket::received(std::string_view bytes, int status) {
  socket_.read_stop();  // until read_more() asks again
  if (status == UV_EOF) return push_end();
  if (status < 0) return destroy(socket_error("read", status));
  push(Chunk(std::string(bytes)));
}

void Socket::write_chunk(Chunk chunk, Done done) {
  attempt(
      [this, &chunk, &done] {
        socket_.write(chunk.view(), [this, chunk, done](int status) {
          ticks().run([&] {
            done(status < 0 ? std::optional(socket_error("write", status))
                            : std::nullopt);
          });
        });
      },
      done);
}

// As in Node, how it went is not asked: a connection that was reset has no more to end,
// and whoever reads from it will be told.
void Socket::finish_writing(Done done) {
  attempt(
      [this, &done] {
        socket_.shutdown([this, done](int) { ticks().run([&] { done({}); }); });
      },
      [&done](const auto&) { done({}); });
}

void Socket::release(Done released) {
  socket_.close([this, released] { ticks().run([&] { released({}); }); });
}

namespace {

int checked(int result, std::string_view tried) {
  return static_cast<int>(check_errno(result, tried));
}

// Must be set before the connection is made: the window's scale is agreed on then.
void ask_for_buffer(const Descriptor& socket, int which, std::size_t bytes) {
  const int size = static_cast<int>(bytes);
  checked(setsockopt(socket.get(), SOL_SOCKET, which, &size, sizeof size),
          "set a socket's buffer");
}

}  // namespace

Connection connect_over_loopback(std::size_t buffer) {
  const Descriptor listener = loopback::socket();
  ask_for_buffer(listener, SO_RCVBUF, buffer);  // the accepted socket inherits it
  loopback::bind(listener);
  checked(listen(listener.get(), 1), "listen on loopback");

  Descriptor near_end = loopback::socket();
  ask_for_buffer(near_end, SO_SNDBUF, buffer);
  loopback::connect(near_end, loopback::port_of(listener));
  const int far_end =
      checked(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
  return {near_end.release(), far_end};
}

}  // namespace lab
