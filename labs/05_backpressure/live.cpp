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
