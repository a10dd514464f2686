#include <algorithm>

#include "draw.hpp"
#include "lab/program.hpp"
#include "scenes.hpp"
#include "transfer.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;

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

void live(Story& story, const Knobs& knobs) {
  story.say("Turn source-rate, sink-rate, high-water-mark and way; Ctrl-C ends it.");
  while (!lab::Program::stopped()) {
    const Plan plan = knobs.plan();
    const Way way = static_cast<Way>(*knobs.way);
    World world(plan);
    world.ticks.run([&] { carry(way, world.source, world.outlet.sink); });
    std::size_t made_before = 0, received_before = 0;
    world.run([&] {
      if (way == Way::hasty) world.source.resume();
      const Plan now = knobs.plan();
      world.plan.source_rate = now.source_rate;
      world.plan.sink_rate = now.sink_rate;
      if (world.milliseconds % 50 == 0) {
        gauge("queued", "live", world.outlet.sink.writable_length());
        gauge("resident", "live", lab::resident_bytes());
        gauge("made in 50 ms", "live", world.source.made() - made_before);
        gauge("read in 50 ms", "live", world.outlet.reader.received() - received_before);
        made_before = world.source.made();
        received_before = world.outlet.reader.received();
      }
      // Another way, mark or chunk needs another connection.
      if (lab::Program::stopped() || *knobs.way != static_cast<int>(way) ||
          now.high_water_mark != plan.high_water_mark || now.chunk != plan.chunk) {
        world.stop();
      }
    });
  }
}

}  // namespace lab05
