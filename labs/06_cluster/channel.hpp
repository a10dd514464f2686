// channel.hpp: what a primary and a worker tell each other, descriptors included.
//
//   primary -- connection + its descriptor | drain --> worker
//   primary <-------- ready | taken ------------------ worker
//
// A packet is one byte. SCM_RIGHTS carries the descriptor beside it, and the kernel gives
// the receiver a descriptor of its own for the same connection.
//
// Errors    A packet that cannot be sent now, or an end that is gone, is an answer (false,
//           nullopt): both sides use these functions inside callbacks of libuv, into which
//           nothing may be thrown.
// Source    unix(7), cmsg(3).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lab/os/descriptor.hpp"

namespace lab06 {

using lab::Descriptor;

enum class Say : char { ready = 'r', taken = 't', connection = 'c', drain = 'd' };

struct Packet {
  Say say;
  Descriptor passed;  // of a connection
};

std::pair<Descriptor, Descriptor> channel();

// Never waits. False if the other end is gone, or has left so much unread that the channel
// is full.
[[nodiscard]] bool send_packet(int channel, Say say, int passed = -1);

std::optional<Packet> receive_packet(int channel);

// Listens on a loopback port, 0 for any. Shared: others may bind it too (SO_REUSEPORT).
Descriptor listen_on(std::uint16_t port, bool shared);

}  // namespace lab06
