// --live: turn the rates, the mark and the way while bytes flow.
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"

namespace lab05 {

using lab::Story;
using lab::text::bytes;

Plan Knobs::plan() const {
  const auto per_tick = [](int mib_per_second) {
    return static_cast<std::size_t>(mib_per_second) * kMiB / 1000;
  };
  return {.total = 0,
          .chunk = *chunk,
          .high_water_mark = *high_water_mark,
          .source_rate = per_tick(*source_rate),
          .sink_rate = per_tick(*sink_rate)};
}

namespace {

void run_once(Story& story, const Knobs& knobs) {
  const Way way = Way(*knobs.way);
  Transfer transfer(knobs.plan());
  transfer.ticks.run([&] { carry(way, transfer.source, transfer.outlet.sink); });
  transfer.run([&] {
    const Plan now = knobs.plan();
    transfer.plan.source_rate = now.source_rate;
    transfer.plan.sink_rate = now.sink_rate;
    if (transfer.milliseconds % 50 == 0) {
      gauge("queued", "live", transfer.queued());
      gauge("resident", "live", lab::resident_bytes());
    }
    const Plan& plan = transfer.plan;  // what only a new connection can follow:
    if (lab::Program::stopped() || Way(*knobs.way) != way || now.chunk != plan.chunk ||
        now.high_water_mark != plan.high_water_mark)
      return transfer.stop();
    if (transfer.queued() <= static_cast<std::size_t>(*knobs.memory) * kMiB) return;
    story.say(
        "{} are queued. With a limit of {} MiB the process would be dead, so we start "
        "again with an empty queue.",
        bytes(transfer.queued()), *knobs.memory);
    transfer.stop();
  });
}

}  // namespace

void live(Story& story, const Knobs& knobs) {
  story.say("Turn source-rate, sink-rate, high-water-mark and way, and watch the queue.");
  story.picture(lab::Picture::tank, {"live queued"});
  while (!lab::Program::stopped()) run_once(story, knobs);
}

}  // namespace lab05
