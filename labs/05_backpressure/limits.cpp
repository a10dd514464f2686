#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "experiments.hpp"
#include "lab/program.hpp"
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
  lab::Table table{
      .title = "Bytes on their way",
      .columns = {"ms", "", "our queue", "send queue", "window", "unread", "source"},
      .rows = {}};
  const auto note = [&](std::string_view what) {
    const KernelQueues now = world.outlet.kernel();
    table.rows.push_back({std::to_string(world.milliseconds), std::string(what),
                          size_text(sink.writable_length()), size_text(now.unsent),
                          size_text(now.window), size_text(now.unread),
                          world.source.paused() ? "paused" : "flows"});
  };

  KernelQueues full;
  std::size_t at_pause = 0;  // in our queue, when the source was paused
  bool held_back = false;
  world.source.on_pause([&] {
    if (world.milliseconds < 60) at_pause = std::max(at_pause, sink.writable_length());
  });
  world.ticks.run([&] { pipe(world.source, world.outlet.sink); });
  note("connected");
  world.run([&] {
    if (sink.destroyed()) return;  // all is written, and the reader reads what is left
    const KernelQueues now = world.outlet.kernel();
    gauge("queue", "our", sink.writable_length());
    gauge("send queue", "kernel", now.unsent);
    gauge("window", "kernel", now.window);
    gauge("unread", "kernel", now.unread);
    if (world.milliseconds == 1) note("a moment later");
    if (world.milliseconds == 60) {
      note("still no read");
      full = now;
      held_back = world.source.paused() && sink.writable_length() > 0;
      world.plan.sink_rate = knobs.plan().sink_rate;
    }
    if (world.milliseconds == 80) note("it reads again");
  });
  story.table(table);
  story.claim(
      "05.1", kArises,
      full.unread > 0 && full.unsent > full.window && held_back &&
          at_pause >= plan.high_water_mark &&
          world.outlet.reader.received() == plan.total,
      "across TCP: write() said false at {} and the source was paused; the kernel "
      "took part of it. 60 ticks later {} are unread at the other end, {} in the "
      "send queue, the window is {}; all {} arrived in the end",
      size_text(at_pause), size_text(full.unread), size_text(full.unsent),
      size_text(full.window), size_text(world.outlet.reader.received()));
  story.nuance(
      "05.1",
      "TCP has a backpressure of its own, the window. It reaches as far as "
      "write(): the kernel's buffers are bounded, the queue before them is not.");
}

namespace {

struct Pace {
  double mib_per_second = 0;
  std::size_t peak = 0;
  std::size_t pauses = 0;
};

// A reader as fast as the machine allows, and a source that, once paused, needs until the
// next tick to get going again: a disk, another service.
Pace pace_at(std::size_t high_water_mark, std::size_t ticks) {
  World world({.chunk = 4 * kKiB,
               .high_water_mark = high_water_mark,
               .source_rate = 64 * kMiB,
               .sink_rate = 0});
  const int fd = world.outlet.reader.fd();
  std::atomic<std::size_t> received = 0;
  std::jthread reader([fd, &received] {
    std::string trash(256 * kKiB, '\0');
    for (ssize_t got = 1; got > 0;) {
      got = recv(fd, trash.data(), trash.size(), 0);
      received += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    }
  });
  Pace pace;
  world.ticks.run([&] {
    pipe(world.source, world.outlet.sink);
    world.source.on_data([&](const Chunk&) {
      pace.peak = std::max(pace.peak, world.outlet.sink.writable_length());
    });
    world.source.on_pause([&] {
      ++pace.pauses;
      world.source.forfeit();
    });
  });
  const auto began = std::chrono::steady_clock::now();
  world.run([&] {
    if (world.milliseconds == ticks) world.stop();
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  shutdown(fd, SHUT_RDWR);  // ends the reader's wait
  reader.join();
  pace.mib_per_second = static_cast<double>(received) / kMiB / took.count();
  return pace;
}

}  // namespace

void sweep(Story& story) {
  const std::size_t ticks = story.quick() ? 50 : 250;
  story.say(
      "A reader as fast as the machine allows, and a source that needs a millisecond "
      "to get going again whenever it was paused. Nothing is traced meanwhile.");
  lab::Table table{.title = "Throughput against memory",
                   .columns = {"high-water mark", "MiB/s", "longest queue", "pauses"},
                   .rows = {}};
  for (std::size_t mark = 4 * kKiB; mark <= 16 * kMiB; mark *= 4) {
    const Pace pace = pace_at(mark, ticks);
    table.rows.push_back({size_text(mark), fmt::format("{:.0f}", pace.mib_per_second),
                          size_text(pace.peak), std::to_string(pace.pauses)});
  }
  story.table(table);
  story.say(
      "A low mark lets the sink run dry while the source gets going; from the mark on "
      "that covers this time, a higher one buys latency and memory use, no speed.");
}

namespace {

std::size_t per_tick(int mib_per_second) {
  return static_cast<std::size_t>(mib_per_second) * kMiB / 1000;
}

}  // namespace

Plan Knobs::plan() const {
  return {.total = 0,
          .chunk = *chunk,
          .high_water_mark = *high_water_mark,
          .source_rate = per_tick(*source_rate),
          .sink_rate = per_tick(*sink_rate)};
}

namespace {

// What only a new connection can change.
bool needs_another(const Plan& plan, const Plan& now, Way way, const Knobs& knobs) {
  return lab::Program::stopped() || *knobs.way != static_cast<int>(way) ||
         now.high_water_mark != plan.high_water_mark || now.chunk != plan.chunk;
}

void run_until_turned(Story& story, const Knobs& knobs) {
  const Plan plan = knobs.plan();
  const Way way = static_cast<Way>(*knobs.way);
  World world(plan);
  world.ticks.run([&] { carry(way, world.source, world.outlet.sink); });
  std::size_t made = 0;
  std::size_t read = 0;
  world.run([&] {
    if (way == Way::hasty) world.source.resume();
    const Plan now = knobs.plan();
    world.plan.source_rate = now.source_rate;
    world.plan.sink_rate = now.sink_rate;
    if (needs_another(plan, now, way, knobs)) return world.stop();

    const std::size_t queued = world.outlet.sink.writable_length();
    if (queued > static_cast<std::size_t>(*knobs.memory) * kMiB) {
      story.say(
          "{} are queued: with a limit of {} MiB the process would be dead. We start "
          "again with an empty queue.",
          size_text(queued), *knobs.memory);
      return world.stop();
    }
    if (world.milliseconds % 50 != 0) return;
    gauge("queued", "live", queued);
    gauge("resident", "live", lab::resident_bytes());
    gauge("made in 50 ms", "live",
          world.source.made() - std::exchange(made, world.source.made()));
    gauge("read in 50 ms", "live",
          world.outlet.reader.received() -
              std::exchange(read, world.outlet.reader.received()));
  });
}

}  // namespace

void live(Story& story, const Knobs& knobs) {
  story.say("Turn source-rate, sink-rate, high-water-mark and way.");
  while (!lab::Program::stopped()) run_until_turned(story, knobs);
}

}  // namespace lab05
