// environment.hpp: as much of Node as a puzzle about order needs: one loop, both queues.
//
// Each call takes the name that is noted when its callback runs, so that a puzzle reads as
// it does in JavaScript. A callback without a name leaves no note.
//
// Threads   One.
// Errors    What libuv refuses throws lab::Error.
// Left out  Promises that are not yet resolved: a reaction to one that is, is a microtask.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/immediates.hpp"
#include "lab/uv.hpp"
#include "ticks.hpp"

namespace lab02 {

// Who drains the queues. `loops_end` is the control: what if nobody stood between libuv and
// the callbacks, and ticks ran when the loop has nothing left?
enum class Drain { after_each_callback, loops_end };

class Environment {
 public:
  explicit Environment(Drain drain = Drain::after_each_callback);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  void next_tick(std::string name, Job body = {});
  void microtask(std::string name, Job body = {});
  void set_immediate(std::string name, Job body = {});
  void set_timeout(std::string name, double milliseconds, Job body = {});

  // A byte that is there already: its callback comes from the next poll.
  void on_ready(std::string name, Job body = {});

  // What any other callback of libuv has to be wrapped in.
  [[nodiscard]] Job callback(std::string name, Job body = {});

  void note(std::string_view name);  // something happened right here

  // The main program, as CommonJS runs it: one callback, before the loop starts.
  void script(const Job& body);
  // As an ES module: its top-level code is a promise's job.
  void module(Job body);

  void run();  // the loop, to its end

  lab::uv::Loop& loop() { return loop_; }
  std::uint64_t turns() const { return turns_; }       // that the loop has begun
  const std::string& order() const { return order_; }  // "tick > promise > immediate"

  // Told when a named job is put into "nextTick", "microtasks", "immediates" or "timers",
  // and gives it a number; and when it is taken out to run.
  std::function<std::uint64_t(std::string_view queue, std::string_view name)> on_put;
  std::function<void(std::string_view queue, std::string_view name, std::uint64_t number)>
      on_take;

 private:
  Job noted(std::string_view queue, std::string name, Job body);
  Job scoped(Job body);

  const Drain drain_;
  Ticks ticks_;
  std::string order_;
  std::uint64_t turns_ = 0;
  lab::uv::Loop loop_;
  lab::uv::Prepare turn_begins_{loop_};
  lab::uv::Immediates immediates_{loop_};
  lab::uv::Timeouts timeouts_{loop_};
  std::vector<std::unique_ptr<lab::uv::Async>> ready_;
};

}  // namespace lab02
