// kernel_queues.hpp: the bytes that TCP itself holds between write() and read().
//
//   write() -> send queue -- as far as the window allows --> receive queue -> read()
//
// Source    tcp(7): SIOCOUTQ, FIONREAD, TCP_INFO (Linux 5.4 or later has the window).
#pragma once

#include <cstddef>

namespace lab05 {

struct KernelQueues {
  std::size_t unsent = 0;  // in the sender's queue: not yet acknowledged
  std::size_t window = 0;  // how much more the receiver last said it would take
  std::size_t unread = 0;  // in the receiver's queue
};

// Throws lab::Error if the descriptors are not the two ends of a TCP connection.
KernelQueues kernel_queues(int sender, int receiver);

}  // namespace lab05
