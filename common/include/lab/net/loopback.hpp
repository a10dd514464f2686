// loopback.hpp: plain sockets that only this machine can reach.
//
// Errors    What the kernel refuses throws lab::Error; try_bind() answers it.
// Left out  What libuv, Asio and Beast open by themselves.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "lab/os/descriptor.hpp"

namespace lab::loopback {

sockaddr_in address(std::uint16_t port);

// `type` as for socket(2): SOCK_STREAM, SOCK_DGRAM, SOCK_NONBLOCK beside them. Closed on exec.
Descriptor socket(int type = SOCK_STREAM);

int try_bind(const Descriptor& socket, std::uint16_t port);   // 0, or errno
void bind(const Descriptor& socket, std::uint16_t port = 0);  // 0: any
std::uint16_t port_of(const Descriptor& socket);

// A socket that listens on `port`, 0 for any.
Descriptor listen(std::uint16_t port = 0, int backlog = 1024);

void connect(const Descriptor& socket, std::uint16_t port);

}  // namespace lab::loopback
