#include <algorithm>
#include <random>

#include "experiments.hpp"
#include "lab/immediates.hpp"
#include "ready_pipe.hpp"

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

class Order {
 public:
  std::function<void()> step(std::string name) {
    return [this, name] { text_ += (text_.empty() ? "" : " > ") + name; };
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Node's main program, so to speak: a loop with both queues.
struct World {
  Order order;
  Loop loop;
  Immediates immediates{loop};
  Timeouts timeouts{loop};
};

// Plays `body` in a callback of poll and runs the loop to its end.
std::string in_poll(const std::function<void(World&, lab::uv::Poll&)>& body) {
  ReadyPipe ready;
  World world;
  lab::uv::Poll poll(world.loop, ready.reading_end());
  poll.start(UV_READABLE, [&] {
    poll.stop();
    body(world, poll);
  });
  world.loop.run();
  return world.order.text();
}

std::string inside_io() {
  return in_poll([](World& world, lab::uv::Poll& live) {
    world.timeouts.set_timeout(world.order.step("timeout"), 0);
    world.immediates.set_immediate(world.order.step("immediate"));
    live.close(world.order.step("close"));
    work_for(3ms);
  });
}

// A connect that fails at once, a due timeout and an immediate.
class Failing {
 public:
  void play(World& world) {
    lab::uv::check(uv_pipe_init(world.loop.raw(), &pipe_, 0), "uv_pipe_init");
    on_error_ = world.order.step("error");
    connect_.data = this;
    uv_pipe_connect(&connect_, &pipe_, "./no-such-socket",
                    [](uv_connect_t* request, int) {
                      static_cast<Failing*>(request->data)->on_error_();
                    });
    world.immediates.set_immediate(world.order.step("immediate"));
    world.timeouts.set_timeout(world.order.step("timeout"), 0);
    work_for(3ms);
  }

 private:
  uv_pipe_t pipe_{};
  uv_connect_t connect_{};
  std::function<void()> on_error_;
};

std::string failed_connect_in_io() {
  Failing failing;
  return in_poll([&](World& world, lab::uv::Poll&) { failing.play(world); });
}

std::string failed_connect_in_immediate() {
  Failing failing;
  World world;
  world.immediates.set_immediate([&] { failing.play(world); });
  world.loop.run();
  return world.order.text();
}

std::string first_in_first_out() {
  World world;
  const std::vector<std::pair<const char*, double>> started = {
      {"x", 2}, {"a", 1}, {"b", 0}, {"c", -5}};
  for (const auto& [name, delay] : started) {
    world.timeouts.set_timeout(world.order.step(name), delay);
  }
  world.loop.run();
  return world.order.text();
}

// Step 7: an immediate that is queued by an immediate waits for the next turn, because the
// phase runs the list that it found. (nextTick does not wait: that is lab 02.)
std::string nested_immediate() {
  World world;
  world.immediates.set_immediate([&] {
    world.order.step("I1")();
    world.immediates.set_immediate(world.order.step("I1 child"));
    world.timeouts.set_timeout(world.order.step("timeout"), 0);
    work_for(3ms);
  });
  world.immediates.set_immediate(world.order.step("I2"));
  world.loop.run();
  return world.order.text();
}

// Nothing but an unref'd timer is left, and it is due: since libuv 1.45 it still fires.
std::string due_but_unreferenced() {
  World world;
  lab::uv::Timer timer(world.loop);
  world.immediates.set_immediate([&] {
    timer.start(1ms, world.order.step("timeout"));
    timer.unref();
    work_for(10ms);
    world.order.step("immediate")();
  });
  world.loop.run();
  return world.order.text();
}

}  // namespace

// Step 8: the race. The timeout of 1 ms is due in the first turn only if a millisecond of
// the clock has begun since the loop last looked at it; how long the main program worked
// decides that, not the order of the two calls.
std::string from_main(std::chrono::microseconds busy) {
  World world;
  world.timeouts.set_timeout(world.order.step("timeout"), 0);
  world.immediates.set_immediate(world.order.step("immediate"));
  work_for(busy);
  world.loop.run();
  return world.order.text();
}

std::string from_io() {
  return in_poll([](World& world, lab::uv::Poll&) {
    world.timeouts.set_timeout(world.order.step("timeout"), 0);
    world.immediates.set_immediate(world.order.step("immediate"));
    work_for(2ms);  // due by now, and still second: check comes before timers
  });
}

Punctuality punctuality(int timers) {
  struct Late {
    std::chrono::microseconds by_wall;
    bool early;
    bool elsewhere;
  };
  std::vector<Late> fired;
  Loop loop;
  std::minstd_rand random(1);
  std::vector<std::unique_ptr<lab::uv::Timer>> all;
  for (int i = 0; i < timers; ++i) {
    const std::chrono::milliseconds delay(1 + random() % 20);
    uv_update_time(loop.raw());
    const std::uint64_t due =
        uv_now(loop.raw()) + static_cast<std::uint64_t>(delay.count());
    const auto due_by_wall = Clock::now() + delay;
    auto& timer = all.emplace_back(std::make_unique<lab::uv::Timer>(loop));
    timer->start(delay, [&loop, &fired, due, due_by_wall] {
      const auto late = std::chrono::duration_cast<std::chrono::microseconds>(
          Clock::now() - due_by_wall);
      fired.push_back({late, uv_now(loop.raw()) < due, phase_now() != Phase::timers});
    });
  }
  loop.run();

  Punctuality result;
  result.fired = static_cast<int>(fired.size());
  result.early = static_cast<int>(std::ranges::count_if(fired, &Late::early));
  result.outside_timers =
      static_cast<int>(std::ranges::count_if(fired, &Late::elsewhere));
  const auto [least, most] = std::ranges::minmax(fired, {}, &Late::by_wall);
  result.earliest_by_wall = least.by_wall;
  result.latest = most.by_wall;
  return result;
}

std::vector<Twin> node_scenes() {
  return {{"inside I/O", inside_io()},
          {"failed connect inside I/O", failed_connect_in_io()},
          {"failed connect inside setImmediate", failed_connect_in_immediate()},
          {"timers of 2, 1, 0 and -5 ms", first_in_first_out()},
          {"setImmediate inside setImmediate", nested_immediate()},
          {"main program that works for 3 ms", from_main(3ms)},
          {"due but unreferenced timer", due_but_unreferenced()}};
}

}  // namespace lab01
