#include "lab/net/traffic.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>

namespace lab {

Traffic traffic_to(std::uint16_t port) {
  Traffic all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    sockaddr_in6 peer{};  // gRPC's sockets are IPv6 with an IPv4 address in it
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    const bool internet = peer.sin6_family == AF_INET || peer.sin6_family == AF_INET6;
    if (!internet || ntohs(peer.sin6_port) != port) continue;
    tcp_info told{};
    size = sizeof told;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &told, &size) != 0) continue;
    ++all.connections;
    all.sent += told.tcpi_bytes_sent;
    all.received += told.tcpi_bytes_received;
  }
  return all;
}

}  // namespace lab
