#include "backpressure.hpp"

#include <array>
#include <optional>

namespace lab05 {

namespace {

// Step 2: the bug. Every chunk is accepted, so nothing seems wrong until memory runs out.
void ignore(Readable& source, Writable& sink) {
  source.on_data([&sink](const Chunk& chunk) { (void)sink.write(chunk); });
  source.on_end([&sink] { sink.end(); });
}

// Step 3: half of the fix. The source does pause, but something other than the sink resumes
// it, such as a retry or a new request. The queue grows past every mark.
void hasty(Readable& source, Writable& sink) {
  source.on_data([&source, &sink](const Chunk& chunk) {
    if (sink.write(chunk)) return;
    source.pause();
    source.ticks().defer([&source] { source.resume(); });
  });
  source.on_end([&sink] { sink.end(); });
}

// Step 4: backpressure by hand. False means pause, drain means resume. Drain comes when the
// queue is empty, not when it falls below the mark. So the source resumes once for every
// full queue, and not once for every chunk.
void by_hand(Readable& source, Writable& sink, const PumpObserver& observer) {
  source.on_data([&source, &sink, observer](const Chunk& chunk) {
    if (sink.write(chunk)) return;
    source.pause();
    if (observer.on_pause) observer.on_pause(sink.writable_length(), lab::Where::here());
  });
  sink.on_drain([&source, observer] {
    source.resume();
    if (observer.on_resume) observer.on_resume(lab::Where::here());
  });
  source.on_end([&sink] { sink.end(); });
}

}  // namespace

std::string_view name(Way way) {
  constexpr std::array<std::string_view, 5> kNames{"ignore", "hasty", "by hand", "pipe",
                                                   "pipeline"};
  return kNames[static_cast<std::size_t>(way)];
}

// Step 5: pipe() is the pump by hand, written once; it also serves several sinks, and then
// the slowest sets the pace. pipeline() is pipe() that also watches every stage: if one
// fails, it destroys the others and calls back once.
void carry(Way way, Readable& source, Writable& sink, const PumpObserver& observer) {
  switch (way) {
    case Way::ignore:
      return ignore(source, sink);
    case Way::hasty:
      return hasty(source, sink);
    case Way::by_hand:
      return by_hand(source, sink, observer);
    case Way::pipe:
      return lab::pipe(source, sink);
    case Way::pipeline:
      return lab::pipeline(source, {}, sink, [](std::optional<lab::Error>) {});
  }
}

}  // namespace lab05
