// traffic.hpp: the kernel's own count of what this process said to one port.
#pragma once

#include <cstdint>

namespace lab {

struct Traffic {
  int connections = 0;  // open now, seen from the client's end
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};

Traffic traffic_to(std::uint16_t port);

}  // namespace lab
