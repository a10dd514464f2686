#include "scenes/programs.hpp"

#include <deque>
#include <functional>
#include <stdexcept>

namespace lab30 {
namespace {

inline constexpr Event<> event{"event"};
inline constexpr Event<> child{"child"};
inline constexpr Event<> nobody{"nobody"};

std::exception_ptr problem(const char* what) {
  return std::make_exception_ptr(std::runtime_error(what));
}

void add_four(EventEmitter& emitter, Log& log) {
  emitter.on(event, log.says("L1"));
  emitter.prepend(event, log.says("L0"));
  emitter.once(event, log.says("once"));
  emitter.on(event, log.says("L2"));
}

template <class Act>
void caught(Log& log, Act act) {
  try {
    act();
  } catch (const UnhandledError&) {
    log.add("unhandled error");
  } catch (const std::exception& exception) {
    log.add(std::string("caught ") + exception.what());
  }
}

void first_emit(EventEmitter& emitter, Log& log) {
  add_four(emitter, log);
  log.add("before");
  emitter.emit(event);
  log.add("after");
}

void emitted_again(EventEmitter& emitter, Log& log) {
  add_four(emitter, log);
  emitter.emit(event);
  log = {};
  log.add(emitter.emit(event));
  log.add(emitter.emit(nobody));
}

void async_listener(EventEmitter& emitter, Log& log) {
  std::function<void()> behind_its_await;
  emitter.on(event, log.says("L1"));
  emitter.on(event, [&] {
    log.add("L2 start");
    behind_its_await = log.says("L2 end");
  });
  log.add("before");
  emitter.emit(event);
  log.add("after");
  behind_its_await();  // the stack is empty
}

void nested(EventEmitter& emitter, Log& log) {
  emitter.on(event, [&] {
    log.add("p-start");
    emitter.emit(child);
    log.add("p-end");
  });
  emitter.on(child, log.says("c"));
  emitter.emit(event);
}

void removes_and_adds(EventEmitter& emitter, Log& log) {
  const auto g = listener<>(log.says("g")), h = listener<>(log.says("h"));
  emitter.on(event, [&] {
    log.add("f");
    emitter.off(event, g);
    emitter.on(event, h);
  });
  emitter.on(event, g);
  emitter.emit(event);
  log.add("|");
  emitter.emit(event);
}

void removes_itself(EventEmitter& emitter, Log& log) {
  Listener<> self;
  self = emitter.on(event, [&] {
    log.add("self");
    emitter.off(event, self);
  });
  emitter.on(event, log.says("behind"));
  emitter.emit(event);
  log.add("|");
  emitter.emit(event);
}

void once_again(EventEmitter& emitter, Log& log) {
  emitter.once(event, [&] {
    log.add("once");
    log.add(emitter.emit(event));
  });
  emitter.emit(event);
}

void throwing(EventEmitter& emitter, Log& log) {
  emitter.on(event, [&] {
    log.add("1");
    throw std::runtime_error("stop");
  });
  emitter.on(event, log.says("2"));
  caught(log, [&] { emitter.emit(event); });
}

void error_then_heard(EventEmitter& emitter, Log& log) {
  caught(log, [&] { emitter.emit(error, problem("E!")); });
  emitter.on(error, log.says("heard"));
  log.add(emitter.emit(error, problem("E!")));
}

void error_monitored(EventEmitter& emitter, Log& log) {
  emitter.on(error_monitor, log.says("seen"));
  caught(log, [&] { emitter.emit(error, problem("E!")); });
  emitter.on(error, log.says("heard"));
  log.add(emitter.emit(error, problem("E!")));
}

// An emitter that captures, and an async listener that fails behind its await.
void rejects(Log& log, const std::function<Promise()>& on_error) {
  std::deque<std::function<void()>> next_ticks;
  EventEmitter emitter({.capture_rejections = [&](std::function<void()> call) {
    next_ticks.push_back(std::move(call));
  }});
  const Promise listener;
  emitter.on(error, [&](const std::exception_ptr&) {
    log.add("error");
    return on_error();
  });
  emitter.on(event, [&] {
    log.add("start");
    return listener;
  });
  log.add(emitter.emit(event));
  listener.reject(problem("too late"));
  for (; !next_ticks.empty(); next_ticks.pop_front()) next_ticks.front()();
}

void rejection_captured(EventEmitter&, Log& log) {
  rejects(log, Promise::none);
}

void error_listener_rejects(EventEmitter&, Log& log) {
  const auto before = std::exchange(
      Promise::on_unhandled, [&](const std::exception_ptr&) { log.add("unhandled"); });
  rejects(log, [] {
    const Promise fails;
    fails.reject(problem("again"));
    return fails;
  });
  Promise::on_unhandled = before;
}

void error_of_null(EventEmitter& emitter, Log& log) {
  caught(log, [&] { emitter.emit(error, nullptr); });
}

void too_early(EventEmitter& emitter, Log& log) {
  const auto next_tick = [&] { emitter.emit(event); };
  emitter.emit(event);
  emitter.on(event, log.says("heard"));
  log.add("listening");
  next_tick();
}

constexpr SmallProgram kPrograms[] = {
    {"on, prepend, once", first_emit},
    {"emitted again", emitted_again},
    {"an async listener", async_listener},
    {"emit inside a listener", nested},
    {"f removes g, adds h", removes_and_adds},
    {"it removes itself", removes_itself},
    {"once emits again", once_again},
    {"a listener throws", throwing},
    {"error, then heard", error_then_heard},
    {"error of null", error_of_null},
    {"errorMonitor", error_monitored},
    {"rejection, captured", rejection_captured},
    {"an async error listener rejects", error_listener_rejects},
    {"emitted too early", too_early}};

}  // namespace

std::span<const SmallProgram> programs() {
  return kPrograms;
}

std::string played(std::string_view name) {
  for (const SmallProgram& program : kPrograms) {
    if (program.name != name) continue;
    EventEmitter emitter;
    Log log;
    program.play(emitter, log);
    return log.text();
  }
  throw std::logic_error("no program has this name");
}

}  // namespace lab30
