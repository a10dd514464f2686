#include "channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"

namespace lab06 {

std::pair<Descriptor, Descriptor> channel() {
  int ends[2];
  lab::check_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends),
                   "make a channel");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Step 2: a descriptor is passed beside one byte. The kernel installs it in the receiver.
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
    sent = sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent == -1 && errno == EINTR);
  return sent == 1;
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
  if (size != 1) return std::nullopt;
  int passed = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS)
    std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
  return Packet{static_cast<Say>(byte), Descriptor(passed)};
}

Descriptor listen_on(std::uint16_t port, bool shared) {
  Descriptor socket = lab::loopback::socket(SOCK_STREAM | SOCK_NONBLOCK);
  const int on = 1;
  if (shared) {
    lab::check_errno(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on),
                     "share the port");
  }
  lab::loopback::bind(socket, port);
  lab::check_errno(listen(socket.get(), 1024), "listen");
  return socket;
}

}  // namespace lab06
