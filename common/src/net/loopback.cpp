#include "lab/net/loopback.hpp"

#include <cerrno>
#include <string>

#include "lab/core/error.hpp"

namespace lab::loopback {

sockaddr_in address(std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  made.sin_port = htons(port);
  return made;
}

Descriptor socket(int type) {
  return Descriptor(static_cast<int>(
      check_errno(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "make a socket")));
}

int try_bind(const Descriptor& socket, std::uint16_t port) {
  const sockaddr_in there = address(port);
  const int result =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there);
  return result ? errno : 0;
}

void bind(const Descriptor& socket, std::uint16_t port) {
  errno = try_bind(socket, port);
  check_errno(errno ? -1 : 0, "bind to port " + std::to_string(port));
}

std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_in there{};
  socklen_t size = sizeof there;
  check_errno(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&there), &size),
              "ask for a socket's port");
  return ntohs(there.sin_port);
}

Descriptor listen(std::uint16_t port, int backlog) {
  Descriptor made = socket();
  const int on = 1;  // the next server may have the port while connections are forgotten
  check_errno(setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
              "listen on loopback");
  bind(made, port);
  check_errno(::listen(made.get(), backlog), "listen on loopback");
  return made;
}

void connect(const Descriptor& socket, std::uint16_t port) {
  const sockaddr_in there = address(port);
  check_errno(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there),
      "connect to port " + std::to_string(port));
}

}  // namespace lab::loopback
