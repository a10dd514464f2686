#include "kernel_queues.hpp"

// The kernel's tcp_info, not the C library's: only this one has the window (and it cannot
// be included beside libuv's header, which includes the other).
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lab/core/error.hpp"

namespace lab05 {

// Step 6: below the program's queue, TCP has two more and a window between them. When the
// receiver stops reading, its queue fills, the window shrinks, and the send queue fills.
// Only then do writes stay pending, and the program's own queue begins to grow.
KernelQueues kernel_queues(int sender, int receiver) {
  int unsent = 0;
  int unread = 0;
  lab::check_errno(ioctl(sender, SIOCOUTQ, &unsent), "read the length of a send queue");
  lab::check_errno(ioctl(receiver, FIONREAD, &unread), "read what waits to be received");
  tcp_info info{};
  socklen_t size = sizeof info;
  lab::check_errno(getsockopt(sender, IPPROTO_TCP, TCP_INFO, &info, &size),
                   "read the TCP window");
  return {.unsent = static_cast<std::size_t>(unsent),
          .window = info.tcpi_snd_wnd,
          .unread = static_cast<std::size_t>(unread)};
}

}  // namespace lab05
