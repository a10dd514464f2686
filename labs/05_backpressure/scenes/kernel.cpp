// Backpressure across a TCP connection: the queues below our own.
#include <algorithm>

#include "kernel_queues.hpp"
#include "scenes/scenes.hpp"

namespace lab05 {

using lab::Story;
using lab::text::bytes;

namespace {

constexpr const char* kHeld = "What each queue holds while the reader does not read";
constexpr std::size_t kReadsAgainAt = 60;  // ms

KernelQueues show_queues(const Transfer& transfer) {
  const lab::Connection& connection = transfer.outlet.connection;
  const KernelQueues now = kernel_queues(connection.near_end, connection.far_end);
  gauge("queue", "our", transfer.queued());
  gauge("send queue", "kernel", now.unsent);
  gauge("window", "kernel", now.window);
  gauge("unread", "kernel", now.unread);
  return now;
}

}  // namespace

void kernel(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  plan.total = 64 * plan.chunk;
  plan.sink_rate = 0;
  story.say(
      "The reader does not read for {} ms. The bytes should first fill the kernel's two "
      "queues, and only then our own.",
      kReadsAgainAt);
  story.picture(lab::Picture::bars, {kHeld});
  Transfer transfer(plan);
  KernelQueues full;
  std::size_t at_pause = 0;  // what our queue held when the source was paused
  transfer.source.on_pause([&] {
    if (transfer.milliseconds < kReadsAgainAt)
      at_pause = std::max(at_pause, transfer.queued());
  });
  transfer.ticks.run([&] { carry(Way::pipe, transfer.source, transfer.outlet.sink); });
  transfer.run([&] {
    if (transfer.outlet.sink.destroyed()) return;  // the reader reads what is left
    const KernelQueues now = show_queues(transfer);
    if (transfer.milliseconds != kReadsAgainAt) return;
    full = now;
    lab::trace::instant("the reader reads again", {.lane = "kernel"});
    transfer.plan.sink_rate = knobs.plan().sink_rate;
  });
  const std::size_t received = transfer.outlet.reader.received();
  story.table({.title = kHeld,
               .columns = {"where", "bytes"},
               .rows = {{"unread at the far end", bytes(full.unread)},
                        {"window", bytes(full.window)},
                        {"kernel's send queue", bytes(full.unsent)},
                        {"our queue when the source was paused", bytes(at_pause)}}});
  story.nuance(
      "05.1",
      "TCP has its own backpressure, the receive window, but it ends at write(). The "
      "kernel's buffers are bounded. The queue in front of them is not. Here {} arrived "
      "in the end.",
      bytes(received));
  story.takeaway(
      "When the reader stops, the TCP window closes, the kernel's send queue fills, and "
      "then our own queue does.");
}

}  // namespace lab05
