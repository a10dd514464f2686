#include <execinfo.h>
#include <unwind.h>

#include <algorithm>
#include <array>

#include "event_emitter.hpp"
#include "experiments.hpp"
#include "lab/uv.hpp"
#include "scenes.hpp"

namespace lab30 {

using namespace std::chrono_literals;

namespace {

inline constexpr Event<> event{"event"};
inline constexpr Event<int, std::string_view> order_placed{"order"};

// The control: a list that an emit walks while its listeners change it.
class LiveEmitter {
 public:
  using Call = std::function<void()>;
  int on(Call call) {
    all_.emplace_back(++last_, std::move(call));
    return last_;
  }
  void off(int id) {
    std::erase_if(all_, [&](const auto& each) { return each.first == id; });
  }
  void emit() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto call = all_[i].second;
      call();
    }
  }

 private:
  std::vector<std::pair<int, Call>> all_;
  int last_ = 0;
};

std::string self_removing_live() {
  Log log;
  LiveEmitter emitter;
  int self = 0;
  self = emitter.on([&] {
    log.add("self");
    emitter.off(self);
  });
  emitter.on(log.says("behind"));
  emitter.emit();
  log.add("|");
  emitter.emit();
  return log.text();
}

std::string removed_by_first_live() {
  Log log;
  LiveEmitter emitter;
  int g = 0;
  emitter.on([&] {
    log.add("f");
    emitter.off(g);
    emitter.on(log.says("h"));
  });
  g = emitter.on(log.says("g"));
  emitter.emit();
  return log.text();
}

// Whoever emits goes through here, so that a listener can look for it on its stack.
[[gnu::noinline]] void emitting(const std::function<void()>& emit) {
  emit();
  asm volatile("");  // something left to do: no tail call, our frame stays
}

bool called_from_emitting() {
  std::array<void*, 64> frames{};
  const int depth = backtrace(frames.data(), static_cast<int>(frames.size()));
  return std::any_of(frames.begin(), frames.begin() + depth, [](void* frame) {
    return _Unwind_FindEnclosingFunction(frame) == reinterpret_cast<void*>(&emitting);
  });
}

struct Dispatch {
  bool on_the_stack = false;
  bool before_return = false;
  int turns = -1;
};

// Emits from a timer's callback: at once, or (the control) by way of the loop.
Dispatch dispatch(bool queued) {
  Dispatch seen;
  lab::uv::Loop loop;
  lab::uv::Timer start(loop), later(loop);
  lab::uv::Prepare turns(loop);
  EventEmitter emitter;
  int turn = 0, emitted_in = 0;
  bool returned = false;
  turns.start([&] { ++turn; });
  emitter.on(event, [&] {
    lab::trace::instant("listener", {.lane = queued ? "queued" : "emitted"});
    seen = {called_from_emitting(), !returned, turn - emitted_in};
    turns.stop();
  });
  start.start(0ms, [&] {
    const lab::trace::Span span("who emits", {.lane = queued ? "queued" : "emitted"});
    emitted_in = turn;
    void (*volatile through)(const std::function<void()>&) = &emitting;
    if (queued) {
      through([&] { later.start(1ms, [&] { emitter.emit(event); }); });
    } else {
      through([&] { emitter.emit(event); });
    }
    returned = true;
  });
  loop.run();
  return seen;
}

struct Starved {
  int emits = 0;
  int heard = 0;
  int due_during = 0;
  int due_after = 0;
  std::chrono::microseconds waited{};
};

// A timer is due, and its loop's thread goes on emitting.
Starved starve(int emits) {
  Starved seen;
  lab::uv::Loop loop;
  lab::uv::Timer due(loop), start(loop);
  EventEmitter emitter;
  emitter.on(event, [&] { ++seen.heard; });
  start.start(0ms, [&] {
    due.start(1ms, [&] { ++seen.due_after; });
    const auto begin = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::steady_clock::now() - begin; };
    for (; seen.emits < emits || since() < 3ms; ++seen.emits) emitter.emit(event);
    seen.due_during = seen.due_after;
    seen.waited = std::chrono::duration_cast<std::chrono::microseconds>(since());
  });
  loop.run();
  return seen;
}

}  // namespace

void sample(Story& story) {
  story.say("The three lines that everybody writes: make one, listen, emit.");
  Log log;
  EventEmitter emitter;
  emitter.on(event, log.says("an event occurred"));
  emitter.emit(event);

  Log missed;
  EventEmitter early;
  early.emit(event);
  early.on(event, missed.says("an event occurred"));
  story.claim("30.3", "the sample prints its message when the event is emitted",
              log.text() == "an event occurred" && missed.text().empty(),
              "on, then emit: `{}`; emit, then on: `{}`", log.text(), missed.text());
  story.nuance("30.3",
               "an event is not kept: who listens later has missed it. That is why an "
               "emit in a constructor is put off by process.nextTick");
}

void order(Story& story) {
  story.say("Four listeners: L1, then L0 put in front, then one for once, then L2.");
  EventEmitter emitter;
  const auto drawn = [](std::string_view what) {
    return [what](int, std::string_view) { lab::trace::instant(what, {.lane = "emit"}); };
  };
  std::string got;
  emitter.on(order_placed, drawn("L1"));
  emitter.prepend(order_placed, drawn("L0"));
  emitter.once(order_placed, drawn("once"));
  emitter.on(order_placed, [&](int number, std::string_view what) {
    lab::trace::instant("L2", {.lane = "emit"});
    got += fmt::format("{} {} ", number, what);
  });
  for (const int number : {7, 8}) {
    const lab::trace::Span span("emit order", {.lane = "emit"});
    emitter.emit(order_placed, number, "teapots");
  }
  const std::string first = first_emit(), second = second_emit();
  story.claim("30.2", "`on` registers a listener, `emit` calls all of them",
              first == "before > L0 > L1 > once > L2 > after" &&
                  second == "L0 > L1 > L2 > true > false" &&
                  got == "7 teapots 8 teapots ",
              "{}; again, and to nobody: {}; arguments: {}", first, second, got);
  story.nuance("30.2",
               "it answers whether anybody listened, never what a listener answered");
}

void stack(Story& story, Knob<int> emits) {
  story.say("Is an emit queued, like a timer? A listener looks at its own call stack.");
  const Dispatch direct = dispatch(false);
  const Dispatch queued = dispatch(true);
  lab::Table table{"Where the listener runs",
                   {"", "emitter on its stack", "during emit", "turns later"},
                   {}};
  for (const auto& [name, seen] :
       {std::pair{"emit", direct}, std::pair{"queued on the loop", queued}})
    table.rows.push_back({name, seen.on_the_stack ? "yes" : "no",
                          seen.before_return ? "yes" : "no",
                          fmt::format("{}", seen.turns)});
  story.table(table);

  const Starved seen = starve(story.quick() ? std::min(*emits, 50'000) : *emits);
  story.claim("30.1", "Node's event-driven design is built on emitters",
              direct.on_the_stack && direct.before_return && direct.turns == 0 &&
                  !queued.on_the_stack && !queued.before_return && queued.turns > 0 &&
                  seen.heard == seen.emits && seen.due_during == 0 && seen.due_after == 1,
              "emit: on the caller's stack, {} turns later; queued: {} later; a timer "
              "that was due waited for {} emits, {:.1f} ms",
              direct.turns, queued.turns, seen.emits,
              static_cast<double>(seen.waited.count()) / 1000);
  story.nuance("30.1",
               "the API is; the loop is not. An emitter is a list of functions, and emit "
               "calls them, now. What comes from the kernel comes by the loop, and only "
               "the last step, from the C++ side into yours, is an emit");
}

void changes(Story& story) {
  story.say("Listeners come and go while their event is emitted.");
  lab::Table table{
      "Whom the emit in progress calls", {"a listener", "emitter", "a live list"}, {}};
  const std::string self = self_removing(), self_live = self_removing_live();
  const std::string first = removed_by_first(), first_live = removed_by_first_live();
  table.rows.push_back({"removes itself", self, self_live});
  table.rows.push_back({"f removes g, adds h", first, first_live});
  table.rows.push_back({"emits another event", nested(), "-"});
  table.rows.push_back({"once emits its own", once_again(), "-"});
  story.table(table);
  story.claim("30.2", "`on` registers a listener, `emit` calls all of them",
              self == "self > behind > | > behind" && self_live == "self > | > behind" &&
                  first == "f > g > | > f > h" && first_live == "f > h",
              "all who listened when it began; walking a live list skips `behind`");
  story.nuance(
      "30.2",
      "what is removed meanwhile is still called this time, what is added is not: "
      "emit works on what it began with. Node copies the list for that; here "
      "whoever changes it meanwhile writes a copy");
}

void errors(Story& story) {
  story.say("`error` is the one name that emit treats differently.");
  story.table({"What comes of it",
               {"", "order"},
               {{"a listener throws", throwing()},
                {"error, then heard", error_unheard()},
                {"error of null", error_without_exception()},
                {"rejection, captured", captured()},
                {"emitted too early", too_early()}}});
  story.nuance("30.2",
               "a listener that throws stops those behind it, and who emits gets the "
               "exception. An async listener is not waited for; without "
               "captureRejections its rejection is nobody's, and ends the process");
}

void node(Story& story) {
  story.table({"Node plays this too",
               {"program", "order"},
               {{"on, prepend, once", first_emit()},
                {"emitted again", second_emit()},
                {"an async listener", async_listener()},
                {"emit inside a listener", nested()},
                {"f removes g, adds h", removed_by_first()},
                {"it removes itself", self_removing()},
                {"once emits again", once_again()},
                {"a listener throws", throwing()},
                {"error, then heard", error_unheard()},
                {"error of null", error_without_exception()},
                {"rejection, captured", captured()},
                {"newListener adds one", announced()},
                {"emitted too early", too_early()},
                {"20 listeners", eleventh()}}});
}

}  // namespace lab30
