// stack.cpp: when the listener runs: during the emit, or by way of the event loop.
#include "event_emitter.hpp"
#include "lab/core/trace.hpp"
#include "lab/uv/uv.hpp"
#include "scenes/programs.hpp"
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
  const char* const lane = queued ? "timer" : "caller";
  trace::instant(queued ? "the emit is left to a timer" : "the caller emits",
                 {.lane = "case"});
  lab::EventId call = 0;
  Dispatch seen;
  lab::uv::Loop loop;
  lab::uv::Timer start(loop), later(loop);
  lab::uv::Prepare iterations(loop);
  EventEmitter emitter;
  int iteration = 0, emitted_in = 0;
  bool returned = false;
  iterations.start([&] { ++iteration; });
  emitter.on(event, [&] {
    trace::flow_in(call, "event", {.lane = "listener"});
    trace::instant("runs", {.lane = "listener"});
    seen = {!returned, iteration - emitted_in};
    iterations.stop();
  });
  start.start(0ms, [&] {
    emitted_in = iteration;
    const auto emit = [&] {
      call = trace::flow_out("emit", {.lane = lane});
      emitter.emit(event);
    };
    if (queued) {
      trace::instant("starts a timer", {.lane = "caller"});
      later.start(1ms, emit);
    } else {
      emit();
    }
    returned = true;
    trace::instant("goes on", {.lane = "caller"});
  });
  loop.run();
  return seen;
}

// Emits before anybody listens, and again. How often a listener that comes between heard it.
int heard_by_a_late_listener() {
  trace::instant("a listener that comes late", {.lane = "case"});
  EventEmitter emitter;
  int heard = 0;
  lab::EventId call = 0;
  const auto emit = [&](const char* what) {
    call = trace::flow_out(what, {.lane = "caller"});
    if (!emitter.emit(event))
      trace::instant(std::string(what) + ": nobody hears it", {.lane = "caller"});
  };
  emit("first emit");
  trace::instant("on()", {.lane = "listener"});
  emitter.on(event, [&] {
    trace::flow_in(call, "event", {.lane = "listener"});
    ++heard;
  });
  emit("second emit");
  return heard;
}

}  // namespace

void stack(Story& story, const Knobs&) {
  story.say(
      "One callback emits an event. Another one leaves the emit to a timer. Expect the "
      "first listener to run before the callback goes on, and the second one later.");
  story.picture(Picture::sequence, {"caller", "timer", "listener"});
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
              "the listener ran {} loop iterations later, before emit returned. Control: "
              "when a timer emitted, it ran {} iteration later",
              direct.iterations_later, queued.iterations_later);
  story.nuance("30.1",
               "The event loop itself is not an emitter. It gets events from the kernel, "
               "and Node's code then calls emit.");
  const std::string early = played("emitted too early");
  const int heard = heard_by_a_late_listener();
  story.claim("30.3", early == "listening > heard" && heard == 1,
              "of two emits, one before `on` and one after, the listener heard only the "
              "second: {}",
              early);
  story.nuance("30.3",
               "Events are not kept for later listeners, so a constructor emits with "
               "process.nextTick.");
  story.takeaway("emit is a function call: all listeners have run when it returns.");
}

}  // namespace lab30
