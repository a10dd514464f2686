#include "kernel.hpp"

// Of the kernel, not of the C library: only this tcp_info tells the window
// (and it cannot be had beside libuv's header, which asks for the other).
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lab/error.hpp"

namespace lab05 {

// Step 7: below the program's own queue there are two more, and a window between them. A
// reader that stops fills the first, its window closes, then the second fills up, and
// only then does a write stay unanswered.
KernelQueues kernel_queues(int near_end, int far_end) {
  int unsent = 0;
  int unread = 0;
  lab::check_errno(ioctl(near_end, SIOCOUTQ, &unsent), "ask for the send queue");
  lab::check_errno(ioctl(far_end, FIONREAD, &unread), "ask for the receive queue");
  tcp_info info{};
  socklen_t size = sizeof info;
  lab::check_errno(getsockopt(near_end, IPPROTO_TCP, TCP_INFO, &info, &size),
                   "ask for the window");
  return {.unsent = static_cast<std::size_t>(unsent),
          .window = info.tcpi_snd_wnd,
          .unread = static_cast<std::size_t>(unread)};
}

}  // namespace lab05
