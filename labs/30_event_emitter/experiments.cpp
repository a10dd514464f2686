#include "experiments.hpp"

#include <deque>
#include <functional>

#include "event_emitter.hpp"

namespace lab30 {

namespace {

inline constexpr Event<> event{"event"};
inline constexpr Event<> child{"child"};
inline constexpr Event<> nobody{"nobody"};

// Stands for what runs when the stack is empty: nextTick's queue, a promise's answer.
class Later {
 public:
  void add(std::function<void()> call) { calls_.push_back(std::move(call)); }
  auto adder() {
    return [this](std::function<void()> call) { add(std::move(call)); };
  }
  void run() {
    for (; !calls_.empty(); calls_.pop_front()) calls_.front()();
  }

 private:
  std::deque<std::function<void()>> calls_;
};

const char* yes(bool truth) {
  return truth ? "true" : "false";
}

std::exception_ptr problem(const char* what) {
  return std::make_exception_ptr(std::runtime_error(what));
}

void add_four(EventEmitter& emitter, Log& log) {
  emitter.on(event, log.says("L1"));
  emitter.prepend(event, log.says("L0"));
  emitter.once(event, log.says("once"));
  emitter.on(event, log.says("L2"));
}

template <class F>
void caught(Log& log, F act) {
  try {
    act();
  } catch (const UnhandledError&) {
    log.add("unhandled error");
  } catch (const std::exception& exception) {
    log.add(std::string("caught ") + exception.what());
  }
}

}  // namespace

std::string first_emit() {
  Log log;
  EventEmitter emitter;
  add_four(emitter, log);
  log.add("before");
  emitter.emit(event);
  log.add("after");
  return log.text();
}

std::string second_emit() {
  Log log;
  EventEmitter emitter;
  add_four(emitter, log);
  emitter.emit(event);
  log = {};
  log.add(yes(emitter.emit(event)));
  log.add(yes(emitter.emit(nobody)));
  return log.text();
}

std::string async_listener() {
  Log log;
  Later later;
  EventEmitter emitter;
  emitter.on(event, log.says("L1"));
  emitter.on(event, [&] {
    log.add("L2 start");
    later.add(log.says("L2 end"));  // what stands behind its first await
  });
  log.add("before");
  emitter.emit(event);
  log.add("after");
  later.run();
  return log.text();
}

std::string nested() {
  Log log;
  EventEmitter emitter;
  emitter.on(event, [&] {
    log.add("p-start");
    emitter.emit(child);
    log.add("p-end");
  });
  emitter.on(child, log.says("c"));
  emitter.emit(event);
  return log.text();
}

std::string removed_by_first() {
  Log log;
  EventEmitter emitter;
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
  return log.text();
}

std::string self_removing() {
  Log log;
  EventEmitter emitter;
  ListenerRef<> self;
  self = emitter.on(event, [&] {
    log.add("self");
    emitter.off(event, self);
  });
  emitter.on(event, log.says("behind"));
  emitter.emit(event);
  log.add("|");
  emitter.emit(event);
  return log.text();
}

std::string once_again() {
  Log log;
  EventEmitter emitter;
  emitter.once(event, [&] {
    log.add("once");
    log.add(yes(emitter.emit(event)));
  });
  emitter.emit(event);
  return log.text();
}

std::string throwing() {
  Log log;
  EventEmitter emitter;
  emitter.on(event, [&] {
    log.add("1");
    throw std::runtime_error("stop");
  });
  emitter.on(event, log.says("2"));
  caught(log, [&] { emitter.emit(event); });
  return log.text();
}

std::string error_unheard() {
  Log log;
  EventEmitter emitter;
  emitter.on(error_monitor, log.says("monitor"));
  caught(log, [&] { emitter.emit(error, problem("E!")); });
  emitter.on(error, log.says("heard"));
  log.add(yes(emitter.emit(error, problem("E!"))));
  return log.text();
}

std::string error_without_exception() {
  Log log;
  EventEmitter emitter;
  caught(log, [&] { emitter.emit(error, nullptr); });
  return log.text();
}

std::string captured() {
  Log log;
  Later later;
  EventEmitter emitter({.capture_rejections = later.adder()});
  emitter.on(error, log.says("error"));
  emitter.on(event, [&] {
    Promise answer;
    later.add([answer] { answer.reject(problem("too late")); });
    log.add("start");
    return answer;
  });
  log.add(yes(emitter.emit(event)));
  later.run();
  return log.text();
}

std::string announced() {
  Log log;
  EventEmitter emitter;
  emitter.once(new_listener, [&](std::string_view) { emitter.on(event, log.says("B")); });
  emitter.on(event, log.says("A"));
  emitter.emit(event);
  return log.text();
}

std::string too_early() {
  Log log;
  Later later;
  EventEmitter emitter;
  emitter.emit(event);
  later.add([&] { emitter.emit(event); });
  emitter.on(event, log.says("heard"));
  log.add("listening");
  later.run();
  return log.text();
}

std::string eleventh() {
  Log log;
  EventEmitter emitter({.on_warning = [&](const LeakWarning& warning) {
    log.add("warned at " + std::to_string(warning.listeners));
  }});
  for (int i = 0; i < 20; ++i) emitter.on(event, [] {});
  return log.text();
}

}  // namespace lab30
