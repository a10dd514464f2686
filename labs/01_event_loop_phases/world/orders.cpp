#include <algorithm>
#include <random>

#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"
#include "world/descriptors.hpp"
#include "world/experiments.hpp"

namespace lab01 {

namespace {

using namespace std::chrono_literals;
using lab::uv::Immediates;
using lab::uv::Loop;
using lab::uv::Timeouts;
using Clock = std::chrono::steady_clock;

// Holds the thread, as a long callback does.
void work_for(std::chrono::microseconds duration) {
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) {
  }
}

// A loop with the two queues that a Node program has.
struct NodeLoop {
  explicit NodeLoop(const Seen& seen = {}) { log.on_entry = seen; }

  PhaseLog log;
  Loop loop;
  Immediates immediates{loop};
  Timeouts timeouts{loop};
  FailingConnect connect{loop};

  void set_both() {
    timeouts.set_timeout(log.step("timeout"), 0);
    immediates.set_immediate(log.step("immediate"));
  }
  std::string run() {
    loop.run();
    return log.order();
  }
};

// Plays `body` in a callback of poll, and runs the loop to its end.
std::string in_poll(const std::function<void(NodeLoop&, lab::uv::Poll&)>& body,
                    const Seen& seen = {}) {
  ReadyPipe ready;
  NodeLoop node(seen);
  lab::uv::Poll poll(node.loop, ready.reading_end());
  poll.start(UV_READABLE, [&] {
    poll.stop();
    body(node, poll);
  });
  return node.run();
}

std::string inside_io(const Seen& seen) {
  return in_poll(
      [](NodeLoop& node, lab::uv::Poll& live) {
        node.set_both();
        live.close(node.log.step("close"));
        work_for(3ms);
      },
      seen);
}

// A connect that fails at once, a due timeout and an immediate.
void fail_and_set_both(NodeLoop& node) {
  node.connect.start(node.log.step("error"));
  node.set_both();
  work_for(3ms);
}

std::string failed_connect_in_io(const Seen& seen) {
  return in_poll([](NodeLoop& node, lab::uv::Poll&) { fail_and_set_both(node); }, seen);
}

std::string failed_connect_in_immediate(const Seen& seen) {
  NodeLoop node(seen);
  node.immediates.set_immediate([&] { fail_and_set_both(node); });
  return node.run();
}

std::string first_in_first_out(const Seen& seen) {
  NodeLoop node(seen);
  const std::vector<std::pair<const char*, double>> started = {
      {"x", 2}, {"a", 1}, {"b", 0}, {"c", -5}};
  for (const auto& [what, delay] : started) {
    node.timeouts.set_timeout(node.log.step(what), delay);
  }
  return node.run();
}

// Step 8: an immediate queued by an immediate waits for the next iteration, because the
// check phase runs the list that it found. (nextTick does not wait: that is lab 02.)
std::string nested_immediate(const Seen& seen) {
  NodeLoop node(seen);
  node.immediates.set_immediate([&] {
    node.log.add("I1");
    node.immediates.set_immediate(node.log.step("I1 child"));
    node.timeouts.set_timeout(node.log.step("timeout"), 0);
    work_for(3ms);
  });
  node.immediates.set_immediate(node.log.step("I2"));
  return node.run();
}

// Only an unref'd timer is left, and it is due. Since libuv 1.45 it still fires.
std::string due_but_unreferenced(const Seen& seen) {
  NodeLoop node(seen);
  lab::uv::Timer timer(node.loop);
  node.immediates.set_immediate([&] {
    timer.start(1ms, node.log.step("timeout"));
    timer.unref();
    work_for(10ms);
    node.log.add("immediate");
  });
  return node.run();
}

}  // namespace

// Step 9: the race. A timeout of 1 ms is due in the first iteration only if the clock has
// moved on by then. The time that the main program worked decides that, and not the
// order of the two calls.
std::string from_main(std::chrono::microseconds busy, const Seen& seen) {
  NodeLoop node(seen);
  node.set_both();
  work_for(busy);
  return node.run();
}

std::string from_io() {
  return in_poll([](NodeLoop& node, lab::uv::Poll&) {
    node.set_both();
    work_for(2ms);  // the timeout is due, and still second: check comes before timers
  });
}

Punctuality punctuality(int timers) {
  using std::chrono::microseconds;
  Punctuality result;
  std::vector<microseconds> by_loop, by_wall;
  Loop loop;
  std::minstd_rand random(1);
  std::vector<std::unique_ptr<lab::uv::Timer>> all;
  for (int i = 0; i < timers; ++i) {
    const std::chrono::milliseconds delay(1 + random() % 20);
    uv_update_time(loop.raw());
    const auto loop_time = [&loop] {
      return std::chrono::milliseconds(uv_now(loop.raw()));
    };
    const auto due = loop_time() + delay;
    const auto due_by_wall = Clock::now() + delay;
    auto& timer = all.emplace_back(std::make_unique<lab::uv::Timer>(loop));
    timer->start(delay, [&, loop_time, due, due_by_wall] {
      by_loop.push_back(loop_time() - due);
      by_wall.push_back(
          std::chrono::duration_cast<microseconds>(Clock::now() - due_by_wall));
      result.outside_timers += phase_now() != Phase::timers;
    });
  }
  loop.run();
  const auto range = [](const std::vector<microseconds>& all_of) {
    const auto [least, most] = std::ranges::minmax(all_of);
    return Range{least, most};
  };
  result.fired = static_cast<int>(by_loop.size());
  result.late_by_loop = range(by_loop);
  result.late_by_wall = range(by_wall);
  return result;
}

std::vector<Twin> node_scenes() {
  return {{"inside I/O", inside_io},
          {"failed connect inside I/O", failed_connect_in_io},
          {"failed connect inside setImmediate", failed_connect_in_immediate},
          {"timers of 2, 1, 0 and -5 ms", first_in_first_out},
          {"setImmediate inside setImmediate", nested_immediate},
          {"main program that works for 3 ms",
           [](const Seen& seen) { return from_main(3ms, seen); }},
          {"due but unreferenced timer", due_but_unreferenced}};
}

}  // namespace lab01
