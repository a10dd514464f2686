#include "world/puzzles.hpp"

#include <chrono>
#include <memory>

namespace lab02 {

using namespace std::chrono_literals;

namespace {

// Holds the thread, as a long callback does.
void work_for(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// An async function's body is plain code until its first await; what follows that is a
// microtask.
void program(Environment& node) {
  node.set_timeout("timeout", 0);
  node.set_immediate("immediate");
  node.microtask("promise");
  node.microtask("micro");
  node.next_tick("tick");
  node.note("async");
  node.microtask("await");
  node.note("sync");
  work_for(3ms);
}

// In the callback of a connected socket everything is asked for at once, and the live
// socket is closed.
void connect_callback(Environment& node) {
  lab::uv::Tcp accepted(node.loop()), client(node.loop());
  std::unique_ptr<lab::uv::Listener> server;
  server = std::make_unique<lab::uv::Listener>(node.loop(), [&] {
    server->accept(accepted);
    accepted.close();
    server->close();
  });
  client.connect(server->port(), [&](int) {
    node.script([&] {
      node.set_timeout("timeout", 0);
      node.set_immediate("immediate");
      node.next_tick("tick");
      node.microtask("promise");
      client.close(node.callback("close"));
      work_for(3ms);
    });
  });
  node.run();
}

void two_timers_of_one_list(Environment& node) {
  node.script([&] {
    node.set_timeout("T1", 1, [&] {
      node.microtask("m1");
      node.next_tick("n1");
    });
    node.set_timeout("T2", 1, [&] { node.microtask("m2"); });
    work_for(5ms);
  });
}

void ticks_and_promises(Environment& node) {
  node.script([&] {
    node.microtask("p1", [&] {
      node.next_tick("t3");
      node.microtask("p2", [&] { node.microtask("p3"); });
    });
    node.next_tick("t1", [&] { node.next_tick("t2"); });
  });
}

// An immediate that queues one, and a tick that queues one.
void nested(Environment& node) {
  node.set_immediate("I1", [&] {
    node.set_immediate("I1 child");
    node.next_tick("n1", [&] { node.next_tick("n1 child"); });
  });
  node.set_immediate("I2");
}

void both(Environment& node) {
  node.set_immediate("immediate");
  node.next_tick("tick");
}

}  // namespace

std::string order_of(const Program& program, Drain drain, const Program& observe) {
  Environment node(drain);
  if (observe) observe(node);
  program(node);
  node.run();
  return node.order();
}

// Step 4: the usual interview puzzle. t runs before p, because ticks go first. t2 runs after
// p2, because all microtasks run before the next tick. And all of them run before I2.
void two_immediates(Environment& node) {
  node.set_immediate("I1", [&] {
    node.microtask("p", [&] {
      node.next_tick("t2");
      node.microtask("p2");
    });
    node.next_tick("t");
  });
  node.set_immediate("I2");
}

void three_immediates(Environment& node) {
  for (const std::string k : {"1", "2", "3"}) {
    node.set_immediate(k, [&node, k] { node.next_tick("tick " + k); });
  }
}

void three_timeouts(Environment& node) {
  for (const std::string k : {"1", "2", "3"}) {
    node.set_timeout(k, 0, [&node, k] { node.next_tick("tick " + k); });
  }
  work_for(2ms);  // so that all three are due in one phase
}

void tick_against_immediate_in_timers(Environment& node) {
  node.set_timeout("", 0, [&] { both(node); });
}

void tick_against_immediate_in_poll(Environment& node) {
  node.on_ready("", [&] { both(node); });
}

void tick_against_immediate_in_check(Environment& node) {
  node.set_immediate("", [&] { both(node); });
}

// Step 5: a tick needs no loop. It runs before libuv is even asked to start.
IterationsBegun iterations_begun(Environment& node) {
  IterationsBegun seen;
  node.script([&] {
    node.set_immediate("immediate", [&] { seen.at_immediate = node.iterations(); });
    node.next_tick("tick", [&] { seen.at_tick = node.iterations(); });
  });
  node.run();
  return seen;
}

// Step 7: poll, then check, then closing, then timers: the immediate is the second.
void around_poll(Environment& node) {
  lab::uv::Async live(node.loop(), [] {});
  node.on_ready("poll", [&] {
    node.set_timeout("timeout", 0);
    live.close(node.callback("close"));
    node.set_immediate("immediate");
    work_for(3ms);
  });
  node.run();
}

void around_poll_by_idle(Environment& node) {
  lab::uv::Async live(node.loop(), [] {});
  lab::uv::Idle idle(node.loop());
  node.on_ready("poll", [&] {
    node.set_timeout("timeout", 0);
    live.close(node.callback("close"));
    idle.start(node.callback("immediate", [&] { idle.stop(); }));
    work_for(3ms);
  });
  node.run();
}

void timeout_against_immediate_in_script(Environment& node) {
  node.script([&] {
    node.set_timeout("timeout", 0);
    node.set_immediate("immediate");
    work_for(3ms);
  });
}

void timeout_against_immediate_in_poll(Environment& node) {
  node.on_ready("", [&] { timeout_against_immediate_in_script(node); });
}

void as_script(Environment& node) {
  node.script([&] { program(node); });
}

void as_module_before_the_loop(Environment& node) {
  node.module([&] { program(node); });
}

void as_module_in_poll(Environment& node) {
  node.on_ready("", [&] { node.module([&] { program(node); }); });
}

namespace {

// Step 9: why nextTick exists. If the constructor emits `ready` at once, there is no listener,
// because the caller does not have the object yet. If it emits with nextTick, the event comes
// after the caller's code has finished, and still before anything else can happen.
void late_listener(Environment& node,
                   const std::function<void(const Job& emit)>& construct) {
  node.script([&] {
    const auto listens = std::make_shared<bool>(false);
    node.set_timeout("timeout", 0);
    construct([&node, listens] {
      if (*listens) node.note("ready");
    });
    *listens = true;
    node.note("listens");
    work_for(3ms);
  });
}

}  // namespace

void emitted_at_once(Environment& node) {
  late_listener(node, [](const Job& emit) { emit(); });
}

void emitted_by_tick(Environment& node) {
  late_listener(node, [&](const Job& emit) { node.next_tick("", emit); });
}

void emitted_by_immediate(Environment& node) {
  late_listener(node, [&](const Job& emit) { node.set_immediate("", emit); });
}

const std::vector<Puzzle>& node_puzzles() {
  static const std::vector<Puzzle> kPuzzles = {
      {"connect callback", connect_callback},
      {"two immediates", two_immediates},
      {"two timers of one list", two_timers_of_one_list},
      {"ticks and promises", ticks_and_promises},
      {"nested immediate, tick", nested},
      {"emitted at once", emitted_at_once},
      {"emitted by nextTick", emitted_by_tick},
      {"emitted by setImmediate", emitted_by_immediate},
      {"The program as .cjs", as_script},
      {"The program as .mjs, before the loop", as_module_before_the_loop},
      {"The program as .mjs, in poll", as_module_in_poll}};
  return kPuzzles;
}

}  // namespace lab02
