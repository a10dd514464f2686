// channel.hpp: what a primary and a worker say to one another, descriptors included.
//
//   primary -- connection + its descriptor | drain --> worker
//   primary <-------------- ready -------------------- worker
//
// A packet is one byte; SCM_RIGHTS carries the descriptor beside it, and the kernel gives
// the receiver a descriptor of its own for the same connection.
//
// Errors    The other end gone is an answer (false, nullopt); the rest throws lab::Error.
// Source    unix(7), cmsg(3).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lab/descriptor.hpp"

namespace lab06 {

using lab::Descriptor;

enum class Say : char { ready = 'r', connection = 'c', drain = 'd' };

struct Packet {
  Say say;
  Descriptor passed;  // of a connection
};

std::pair<Descriptor, Descriptor> channel();
[[nodiscard]] bool send_packet(int channel, Say say, int passed = -1);
std::optional<Packet> receive_packet(int channel);

// Listens on a loopback port, 0 for any. Shared: others may bind it too (SO_REUSEPORT).
Descriptor listen_on(std::uint16_t port, bool shared);
Descriptor accept_from(int listener);  // -1: another was quicker, or nobody is there

}  // namespace lab06
