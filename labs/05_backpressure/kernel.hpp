// kernel.hpp: what TCP itself keeps between one end's write() and the other end's read().
//
//   write() -> send queue -- as the window allows --> receive queue -> read()
//
// Source    tcp(7): SIOCOUTQ, FIONREAD, TCP_INFO (Linux 5.4 or later tells the window).
#pragma once

#include <cstddef>

namespace lab05 {

struct KernelQueues {
  std::size_t unsent = 0;  // in our send queue, not yet acknowledged
  std::size_t window = 0;  // room that the other end has last told us of
  std::size_t unread = 0;  // in its receive queue
};

// Throws lab::Error if the descriptors are not the two ends of a TCP connection.
KernelQueues kernel_queues(int near_end, int far_end);

}  // namespace lab05
