#include "channel.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/error.hpp"

namespace lab06 {

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

std::pair<Descriptor, Descriptor> channel() {
  int ends[2];
  lab::check_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends),
                   "make a channel");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Step 1: a descriptor travels beside the bytes. The kernel installs it in the receiver.
bool send_packet(int channel, Say say, int passed) {
  char byte = static_cast<char>(say);
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (passed >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  ssize_t sent;
  do {
    sent = sendmsg(channel, &message, MSG_NOSIGNAL);
  } while (sent == -1 && errno == EINTR);
  if (sent == -1 && (errno == EPIPE || errno == ECONNRESET)) return false;
  return lab::check_errno(sent, "write to a channel") == 1;
}

std::optional<Packet> receive_packet(int channel) {
  char byte = 0;
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size;
  do {
    size = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (size == -1 && errno == EINTR);
  if (size == 0 || (size == -1 && errno == ECONNRESET)) return std::nullopt;
  lab::check_errno(size, "read from a channel");
  int passed = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS)
    std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
  return Packet{static_cast<Say>(byte), Descriptor(passed)};
}

Descriptor listen_on(std::uint16_t port, bool shared) {
  Descriptor socket(static_cast<int>(
      lab::check_errno(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                       "make a socket")));
  const int on = 1;
  if (shared) {
    lab::check_errno(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on),
                     "share the port");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  lab::check_errno(
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
      "bind");
  lab::check_errno(listen(socket.get(), 1024), "listen");
  return socket;
}

std::uint16_t port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  lab::check_errno(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size),
                   "ask for the port");
  return ntohs(address.sin_port);
}

Descriptor accept_from(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd == -1 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
    lab::check_errno(fd, "accept");
  return Descriptor(fd);
}

}  // namespace lab06
