#include "transfer.hpp"

#include <algorithm>
#include <array>

#include "pipe.hpp"

namespace lab05 {

namespace {

// Not looking at the answer.
void ignore(Readable& source, Writable& sink) {
  source.on_data([&sink](const Chunk& chunk) { (void)sink.write(chunk); });
  source.on_end([&sink] { sink.end(); });
}

// Looking at it, but not waiting long enough. The timer stands for any reason to go on
// that is not the sink's own: a retry, a new request, impatience.
void pause_only(Readable& source, Writable& sink) {
  source.on_data([&](const Chunk& chunk) {
    if (!sink.write(chunk)) source.pause();
  });
  source.on_end([&sink] { sink.end(); });
}

// Step 4: the three lines of backpressure by hand. False: pause; drain: resume.
void by_hand(Readable& source, Writable& sink) {
  source.on_data([&](const Chunk& chunk) {
    if (!sink.write(chunk)) source.pause();
  });
  sink.on_drain([&source] { source.resume(); });
  source.on_end([&sink] { sink.end(); });
}

void count(Record& record, Readable& source, Writable& sink) {
  // Comes after the pump's own listener: the chunk has been written by then.
  source.on_data([&](const Chunk&) {
    ++record.chunks;
    record.refusals += sink.needs_drain();
    record.peak = std::max(record.peak, sink.writable_length());
  });
  const auto drained = std::make_shared<bool>(true);
  source.on_pause([&, drained] {
    record.pauses.push_back(sink.writable_length());
    *drained = false;
  });
  sink.on_drain([&record, drained] {
    ++record.drains;
    *drained = true;
  });
  source.on_resume([&record, drained] {
    ++record.resumes;
    record.unfounded_resumes += !*drained;
  });
}

}  // namespace

std::string_view name(Way way) {
  constexpr std::array<std::string_view, 5> names{"ignore", "hasty", "by hand", "pipe",
                                                  "pipeline"};
  return names[static_cast<std::size_t>(way)];
}

void carry(Way way, Readable& source, Writable& sink) {
  switch (way) {
    case Way::ignore:
      return ignore(source, sink);
    case Way::hasty:
      return pause_only(source, sink);
    case Way::by_hand:
      return by_hand(source, sink);
    case Way::pipe:
      return pipe(source, sink);
    case Way::pipeline:
      return pipeline(source, {}, sink, [](std::optional<Error>) {});
  }
}

Record run_transfer(Way way, const Plan& plan, const OnTick& on_tick,
                    const std::function<void(World&)>& wire) {
  World world(plan);
  Record record;
  world.ticks.run([&] {
    carry(way, world.source, world.outlet.sink);
    count(record, world.source, world.outlet.sink);
    if (wire) wire(world);
  });
  world.run([&] {
    if (way == Way::hasty) world.source.resume();
    if (on_tick) on_tick(world);
  });
  record.received = world.outlet.reader.received();
  record.milliseconds = world.milliseconds;
  return record;
}

}  // namespace lab05
