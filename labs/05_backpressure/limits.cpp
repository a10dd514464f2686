#include <algorithm>

#include "draw.hpp"
#include "pipe.hpp"
#include "scenes.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;

void kernel(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  plan.total = 64 * plan.chunk;
  plan.sink_rate = 0;
  story.say("The reader does not read. Where do the bytes go?");
  World world(plan);
  const Writable& sink = world.outlet.sink;
  lab::Table table{.title = "Bytes on their way",
                   .columns = {"ms", "", "our queue", "send queue", "window",
                               "unread there", "source"},
                   .rows = {}};
  const auto note = [&](std::string_view what) {
    const KernelQueues now = world.outlet.kernel();
    table.rows.push_back({std::to_string(world.milliseconds), std::string(what),
                          size_text(sink.writable_length()), size_text(now.unsent),
                          size_text(now.window), size_text(now.unread),
                          world.source.paused() ? "paused" : "flows"});
  };

  KernelQueues full;
  std::size_t peak = 0;
  bool held_back = false;
  world.ticks.run([&] { pipe(world.source, world.outlet.sink); });
  note("connected");
  world.run([&] {
    if (sink.destroyed()) return;  // all is written, and the reader reads what is left
    const KernelQueues now = world.outlet.kernel();
    gauge("queue", "our", sink.writable_length());
    gauge("send queue", "kernel", now.unsent);
    gauge("window", "kernel", now.window);
    gauge("unread", "kernel", now.unread);
    peak = std::max(peak, sink.writable_length());
    if (world.milliseconds == 1) note("a moment later");
    if (world.milliseconds == 60) {
      note("it still does not read");
      full = now;
      held_back = world.source.paused() && sink.writable_length() > 0;
      world.plan.sink_rate = knobs.plan().sink_rate;
    }
    if (world.milliseconds == 80) note("it reads again");
  });
  story.table(table);
  story.claim("05.1", kArises,
              full.unread > 0 && full.unsent > full.window && held_back &&
                  peak >= plan.high_water_mark &&
                  world.outlet.reader.received() == plan.total,
              "across TCP: {} unread at the other end, its window down to {} with {} in "
              "our send queue; then our own queue reached {} and the source was paused; "
              "all {} arrived in the end",
              size_text(full.unread), size_text(full.window), size_text(full.unsent),
              size_text(peak), size_text(world.outlet.reader.received()));
  story.nuance(
      "05.1",
      "TCP has a backpressure of its own, the window. It reaches as far as "
      "write(): the kernel's buffers are bounded, the queue before them is not.");
}

namespace {

struct Speed {
  double mib_per_second = 0;
  std::size_t peak = 0;
  std::size_t pauses = 0;
};

// As fast as the machine goes: no ticks of time, and a reader that never waits.
Speed run_flat_out(std::size_t high_water_mark, std::size_t total) {
  World world({.total = total, .chunk = 4 * kKiB, .high_water_mark = high_water_mark});
  Speed speed;
  world.ticks.run([&] {
    pipe(world.source, world.outlet.sink);
    world.source.on_pause([&] { ++speed.pauses; });
    world.source.on_data([&](const Chunk&) {
      speed.peak = std::max(speed.peak, world.outlet.sink.writable_length());
    });
  });
  lab::uv::Poll readable(world.loop, world.outlet.reader.fd());
  readable.start(UV_READABLE, [&] {
    world.outlet.reader.read(total);
    if (world.outlet.reader.saw_end()) readable.close();
  });
  const auto began = std::chrono::steady_clock::now();
  world.ticks.run([&] { world.source.allow(total); });
  world.loop.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  speed.mib_per_second = static_cast<double>(total) / kMiB / took.count();
  return speed;
}

}  // namespace

void sweep(Story& story) {
  const std::size_t total = (story.quick() ? 16 : 128) * kMiB;
  story.say(
      "Source and reader as fast as the machine allows, chunks of 4 KiB, {} for each "
      "mark, the best of 3. Nothing is traced meanwhile.",
      size_text(total));
  lab::Table table{.title = "Throughput against memory",
                   .columns = {"high-water mark", "MiB/s", "longest queue", "pauses"},
                   .rows = {}};
  for (std::size_t mark = 4 * kKiB; mark <= 4 * kMiB; mark *= 4) {
    Speed best;
    for (int i = 0; i < 3; ++i) {
      const Speed speed = run_flat_out(mark, total);
      if (speed.mib_per_second > best.mib_per_second) best = speed;
    }
    table.rows.push_back({size_text(mark), fmt::format("{:.0f}", best.mib_per_second),
                          size_text(best.peak), std::to_string(best.pauses)});
  }
  story.table(table);
}

}  // namespace lab05
