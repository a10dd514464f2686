#include "puzzles.hpp"

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

// The program of the modules' puzzle. An async function's body is plain code until its
// first await; what follows that is a microtask.
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

// A client's socket is connected; in that callback everything is asked for at once, and the
// live socket is closed.
std::string connect_callback() {
  Environment node;
  lab::uv::Tcp accepted(node.loop()), client(node.loop());
  std::unique_ptr<lab::uv::Listener> server;
  server = std::make_unique<lab::uv::Listener>(node.loop(), [&] {
    server->accept(accepted);
    accepted.close();
    server->close();
  });
  client.connect(server->port(), [&](int) {
    node.callback("", [&] {
      node.set_timeout("timeout", 0);
      node.set_immediate("immediate");
      node.next_tick("tick");
      node.microtask("promise");
      client.close(node.callback("close"));
      work_for(3ms);
    })();
  });
  node.run();
  return node.order();
}

std::string two_timers_of_one_list() {
  Environment node;
  node.script([&] {
    node.set_timeout("T1", 1, [&] {
      node.microtask("m1");
      node.next_tick("n1");
    });
    node.set_timeout("T2", 1, [&] { node.microtask("m2"); });
    work_for(5ms);
  });
  node.run();
  return node.order();
}

std::string ticks_and_promises() {
  Environment node;
  node.script([&] {
    node.microtask("p1", [&] {
      node.next_tick("t3");
      node.microtask("p2", [&] { node.microtask("p3"); });
    });
    node.next_tick("t1", [&] { node.next_tick("t2"); });
  });
  node.run();
  return node.order();
}

}  // namespace

// Step 4: the puzzle of the interviews. t is before p, since ticks go first; t2 is behind
// p2, since the microtasks are drained to the end; and all of it is before I2.
void two_immediates(Environment& node) {
  node.set_immediate("I1", [&] {
    node.microtask("p", [&] {
      node.next_tick("t2");
      node.microtask("p2");
    });
    node.next_tick("t");
  });
  node.set_immediate("I2");
  node.run();
}

std::string three_immediates(Drain drain) {
  Environment node(drain);
  for (const std::string k : {"1", "2", "3"}) {
    node.set_immediate(k, [&node, k] { node.next_tick("tick " + k); });
  }
  node.run();
  return node.order();
}

std::string three_timeouts(Drain drain) {
  Environment node(drain);
  for (const std::string k : {"1", "2", "3"}) {
    node.set_timeout(k, 0, [&node, k] { node.next_tick("tick " + k); });
  }
  work_for(2ms);  // so that all three are due in one phase
  node.run();
  return node.order();
}

std::string tick_against_immediate(From from, Drain drain) {
  Environment node(drain);
  const auto both = [&] {
    node.set_immediate("immediate");
    node.next_tick("tick");
  };
  if (from == From::timers) node.set_timeout("", 0, both);
  if (from == From::poll) node.on_ready("", both);
  if (from == From::check) node.set_immediate("", both);
  node.run();
  return node.order();
}

// Step 1: a tick needs no loop. It has run before libuv is even asked to start.
TurnsBegun turns_begun() {
  Environment node;
  TurnsBegun seen;
  node.script([&] {
    node.set_immediate("", [&] { seen.at_immediate = node.turns(); });
    node.next_tick("tick", [&] { seen.at_tick = node.turns(); });
  });
  node.run();
  return seen;
}

// Step 6: poll, then check, then closing, then timers: the immediate is the second.
std::string around_poll(Driver driver) {
  Environment node;
  lab::uv::Async live(node.loop(), [] {});
  lab::uv::Idle idle(node.loop());
  node.on_ready("poll", [&] {
    node.set_timeout("timeout", 0);
    live.close(node.callback("close"));
    if (driver == Driver::check) {
      node.set_immediate("immediate");
    } else {
      idle.start(node.callback("immediate", [&] { idle.stop(); }));
    }
    work_for(3ms);
  });
  node.run();
  return node.order();
}

std::string timeout_against_immediate_in_poll() {
  Environment node;
  node.on_ready("", [&] {
    node.set_timeout("timeout", 0);
    node.set_immediate("immediate");
    work_for(3ms);  // due by now, and still second: check comes before timers
  });
  node.run();
  return node.order();
}

std::string timeout_against_immediate_in_script() {
  Environment node;
  node.script([&] {
    node.set_timeout("timeout", 0);
    node.set_immediate("immediate");
    work_for(3ms);
  });
  node.run();
  return node.order();
}

std::string nested() {
  Environment node;
  node.set_immediate("I1", [&] {
    node.set_immediate("I1 child");
    node.next_tick("n1", [&] { node.next_tick("n1 child"); });
  });
  node.set_immediate("I2");
  node.run();
  return node.order();
}

std::string as_script() {
  Environment node;
  node.script([&] { program(node); });
  node.run();
  return node.order();
}

std::string as_module_before_the_loop() {
  Environment node;
  node.module([&] { program(node); });
  node.run();
  return node.order();
}

std::string as_module_in_poll() {
  Environment node;
  node.on_ready("", [&] { node.module([&] { program(node); }); });
  node.run();
  return node.order();
}

// Step 8: why nextTick exists. Said at once, `ready` is said to nobody: the caller does not
// have the object yet. By a tick it is said once the caller's code has run to its end, and
// still before anything else can happen; an immediate lets all that is due go first.
std::string late_listener(Emit how) {
  Environment node;
  bool listens = false;
  const auto emit = [&] {
    if (listens) node.note("ready");
  };
  const auto construct = [&] {
    if (how == Emit::at_once) emit();
    if (how == Emit::by_tick) node.next_tick("", emit);
    if (how == Emit::by_immediate) node.set_immediate("", emit);
  };
  node.script([&] {
    node.set_timeout("timeout", 0);
    construct();
    listens = true;
    node.note("listens");
    work_for(3ms);
  });
  node.run();
  return node.order();
}

std::vector<Puzzle> node_puzzles() {
  Environment both;
  two_immediates(both);
  return {{"connect callback", connect_callback()},
          {"two immediates", both.order()},
          {"two timers of one list", two_timers_of_one_list()},
          {"ticks and promises", ticks_and_promises()},
          {"nested immediate, tick", nested()},
          {"emitted at once", late_listener(Emit::at_once)},
          {"emitted by nextTick", late_listener(Emit::by_tick)},
          {"emitted by setImmediate", late_listener(Emit::by_immediate)},
          {"The program as .cjs", as_script()},
          {"The program as .mjs, before the loop", as_module_before_the_loop()},
          {"The program as .mjs, in poll", as_module_in_poll()}};
}

}  // namespace lab02
