#include "lab/stream/socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lab {

namespace {

Error socket_error(std::string_view tried, int status) {
  return Error(tried, uv_strerror(status));
}

void answer(const Done& done, std::string_view tried, int status) {
  if (status < 0) return done(socket_error(tried, status));
  done({});
}

}  // namespace

void Socket::read_more() {
  socket_.read_start([this](std::string_view bytes, int status) {
    ticks().run([&] { received(bytes, status); });
  });
}

void Socket::received(std::string_view bytes, int status) {
  socket_.read_stop();  // until read_more() asks again
  if (status == UV_EOF) return push_end();
  if (status < 0) return destroy(socket_error("read", status));
  push(Chunk(std::string(bytes)));
}

void Socket::write_chunk(Chunk chunk, Done done) {
  socket_.write(chunk.view(), [this, chunk, done](int status) {
    ticks().run([&] { answer(done, "write", status); });
  });
}

void Socket::finish_writing(Done done) {
  socket_.shutdown([this, done](int status) {
    ticks().run([&] { answer(done, "shutdown", status); });
  });
}

void Socket::release(std::function<void()> released) {
  socket_.close([this, released] { ticks().run(released); });
}

namespace {

int checked(int result, std::string_view tried) {
  return static_cast<int>(check_errno(result, tried));
}

// Must be set before the connection is made: the window's scale is agreed on then.
void ask_for_buffer(int fd, int which, std::size_t bytes) {
  const int size = static_cast<int>(bytes);
  checked(setsockopt(fd, SOL_SOCKET, which, &size, sizeof size), "set a socket's buffer");
}

}  // namespace

Connection connect_over_loopback(std::size_t buffer) {
  const int listener =
      checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket");
  ask_for_buffer(listener, SO_RCVBUF, buffer);  // the accepted socket inherits it
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  checked(bind(listener, raw, size), "bind to loopback");
  checked(listen(listener, 1), "listen on loopback");
  checked(getsockname(listener, raw, &size), "ask for the port");

  Connection ends;
  ends.near_end =
      checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket");
  ask_for_buffer(ends.near_end, SO_SNDBUF, buffer);
  checked(connect(ends.near_end, raw, size), "connect over loopback");
  ends.far_end = checked(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept");
  ::close(listener);
  return ends;
}

}  // namespace lab
