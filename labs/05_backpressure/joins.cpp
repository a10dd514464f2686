#include <algorithm>

#include "draw.hpp"
#include "failure.hpp"
#include "pipe.hpp"
#include "scenes.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;

void failures(Story& story) {
  story.say(
      "A proxy: socket, transform, socket. One of the three fails; we then look at "
      "the other two, at the descriptors, and at what the client saw.");
  lab::Table table{
      .title = "After the failure",
      .columns = {"by", "failed", "source", "stage", "sink", "fds", "client"},
      .rows = {}};
  const auto state = [](bool destroyed) { return destroyed ? "destroyed" : "open"; };
  bool pipe_leaves_open = true, pipeline_clears_all = true;
  for (const Join join : {Join::pipe, Join::pipeline}) {
    for (const Failing failing : {Failing::source, Failing::stage, Failing::sink}) {
      const Aftermath after = run_failure(join, failing);
      trace::instant("aftermath", {.lane = name(join),
                                   .args = {{"failed", name(failing)},
                                            {"sink destroyed", after.sink_destroyed}}});
      const bool all_gone = after.source_destroyed && after.stage_destroyed &&
                            after.sink_destroyed && after.descriptors_open == 0;
      const bool client_knows = failing == Failing::sink || after.client_saw_end;
      if (join == Join::pipe) {
        pipe_leaves_open &= !all_gone && after.descriptors_open > 0;
      } else {
        pipeline_clears_all &= all_gone && client_knows && after.calls == 1;
      }
      table.rows.push_back({std::string(name(join)), std::string(name(failing)),
                            state(after.source_destroyed), state(after.stage_destroyed),
                            state(after.sink_destroyed),
                            std::to_string(after.descriptors_open),
                            failing == Failing::sink ? "has left"
                            : after.client_saw_end   ? "saw the end"
                                                     : "waits on"});
    }
  }
  story.table(table);
  story.claim("05.3", kEasiest, pipe_leaves_open && pipeline_clears_all,
              "what it does not do: after each of 3 failures pipe() left streams and "
              "descriptors open; pipeline() destroyed all three stages, left 0 "
              "descriptors, and called back once");
  story.nuance("05.3",
               "pipe() bounds memory, but passes on no error and destroys nothing. "
               "Today's answer is pipeline().");
}

void two_sinks(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  const std::size_t fast_rate = 8 * plan.sink_rate;
  story.say(
      "The same source into two sockets. One reader takes {} in a millisecond, the "
      "other {}.",
      size_text(fast_rate), size_text(plan.sink_rate));
  World world(plan);
  Outlet fast(world.ticks, world.loop, plan.high_water_mark, plan.kernel_buffer);
  std::size_t pauses = 0, least = ~std::size_t{0};
  world.ticks.run([&] {
    pipe(world.source, fast.sink);
    pipe(world.source, world.outlet.sink);
    world.source.on_pause([&] {
      ++pauses;
      least = std::min(least, std::max(fast.sink.writable_length(),
                                       world.outlet.sink.writable_length()));
    });
  });
  world.run([&] {
    fast.reader.read(fast_rate);
    gauge("queued", "fast sink", fast.sink.writable_length());
    gauge("queued", "slow sink", world.outlet.sink.writable_length());
    if (world.milliseconds == 250) world.stop();
  });

  // What the two may differ by: a full queue, and what the kernel keeps for one of them.
  const std::size_t slack = plan.high_water_mark + plan.chunk + 8 * plan.kernel_buffer;
  const std::size_t slow = world.outlet.reader.received();
  trace::instant(
      "received",
      {.lane = "readers", .args = {{"fast", fast.reader.received()}, {"slow", slow}}});
  story.claim(
      "05.4", kPauses,
      pauses > 0 && least >= plan.high_water_mark &&
          fast.reader.received() <= slow + slack,
      "two sinks: {} pauses, none with less than {} queued in the fuller one; the "
      "fast reader got {}, the slow one {}: the slower sets the pace",
      pauses, size_text(least), size_text(fast.reader.received()), size_text(slow));
}

}  // namespace lab05
