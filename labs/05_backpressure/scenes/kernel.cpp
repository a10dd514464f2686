// Backpressure across a TCP connection: the queues below our own.
#include <algorithm>

#include "kernel_queues.hpp"
#include "scenes/scenes.hpp"

namespace lab05 {

using lab::Story;
using lab::text::bytes;

namespace {

constexpr const char* kHeld =
    "Where the written bytes are while the reader does not read";
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
  story.picture(lab::Picture::axis, {kHeld});
  Transfer transfer(plan);
  KernelQueues full;
  std::size_t ours = 0;
  transfer.ticks.run([&] { carry(Way::pipe, transfer.source, transfer.outlet.sink); });
  transfer.run([&] {
    if (transfer.outlet.sink.destroyed()) return;  // the reader reads what is left
    const KernelQueues now = show_queues(transfer);
    if (transfer.milliseconds != kReadsAgainAt) return;
    full = now;
    ours = transfer.queued();
    lab::trace::instant("the reader reads again", {.lane = "kernel"});
    transfer.plan.sink_rate = knobs.plan().sink_rate;
  });
  const std::size_t received = transfer.outlet.reader.received();
  // TCP keeps the order: the first bytes are at the far end, and the last ones are ours.
  lab::Table held{kHeld, {"queue", "from byte", "to byte"}, {}};
  std::size_t first = 0;
  for (const auto& [queue, holds] : {std::pair{"unread at the far end", full.unread},
                                     {"kernel's send queue", full.unsent},
                                     {"our own queue", ours}}) {
    held.rows.push_back({queue, bytes(first), bytes(first + holds)});
    first += holds;
  }
  story.table(held);
  story.nuance(
      "05.1",
      "TCP has its own backpressure, the receive window (here {} of it were left), but "
      "it "
      "ends at write(). The kernel's buffers are bounded. The queue in front of them is "
      "not. Here {} arrived in the end.",
      bytes(full.window), bytes(received));
  story.takeaway(
      "When the reader stops, the TCP window closes, the kernel's send queue fills, and "
      "then our own queue does.");
}

}  // namespace lab05
