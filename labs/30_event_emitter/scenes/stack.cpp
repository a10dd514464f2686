// stack.cpp: when the listener runs: during the emit, or by way of the event loop.
#include "event_emitter.hpp"
#include "lab/core/trace.hpp"
#include "lab/uv/uv.hpp"
#include "scenes/scenes.hpp"

namespace lab30 {

using namespace std::chrono_literals;
using lab::Picture;
using lab::Story;
namespace trace = lab::trace;

namespace {

inline constexpr Event<> event{"event"};

struct Dispatch {
  bool before_return = false;
  int iterations_later = -1;
};

// A timer's callback emits: at once, or (the control) from another timer's callback.
Dispatch dispatch(bool queued) {
  const char* const lane = queued ? "queued" : "emitted";
  Dispatch seen;
  lab::uv::Loop loop;
  lab::uv::Timer start(loop), later(loop);
  lab::uv::Prepare iterations(loop);
  EventEmitter emitter;
  int iteration = 0, emitted_in = 0;
  bool returned = false;
  iterations.start([&] { ++iteration; });
  emitter.on(event, [&] {
    trace::instant("listener", {.lane = lane});
    seen = {!returned, iteration - emitted_in};
    iterations.stop();
  });
  start.start(0ms, [&] {
    const trace::Span span("caller", {.lane = lane});
    emitted_in = iteration;
    if (queued) {
      later.start(1ms, [&] { emitter.emit(event); });
    } else {
      emitter.emit(event);
    }
    returned = true;
  });
  loop.run();
  return seen;
}

}  // namespace

void stack(Story& story, const Knobs&) {
  story.say(
      "A callback emits an event, and another one leaves the emit to a timer. The first "
      "listener should run before emit returns, in the same loop iteration.");
  story.picture(Picture::strips, {"emitted", "queued"});
  const Dispatch direct = dispatch(false), queued = dispatch(true);
  lab::Table table{
      "When the listener runs", {"way", "before it returns", "iterations later"}, {}};
  for (const auto& [name, seen] :
       {std::pair{"emit", direct}, {"queued on the loop", queued}})
    table.rows.push_back(
        {name, seen.before_return ? "yes" : "no", std::to_string(seen.iterations_later)});
  story.table(table);

  story.claim("30.1",
              direct.before_return && direct.iterations_later == 0 &&
                  !queued.before_return && queued.iterations_later > 0,
              "the listener ran before emit returned, {} loop iterations later; left to "
              "the loop, it ran {} later",
              direct.iterations_later, queued.iterations_later);
  story.nuance(
      "30.1",
      "The API is built on emitters; the event loop is not. The loop brings what "
      "the kernel has, and an emit is only the last step, into your function.");
  story.takeaway("An emit is a function call: all listeners have run when it returns.");
}

}  // namespace lab30
