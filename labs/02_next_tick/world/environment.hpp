// environment.hpp: as much of Node as a puzzle about order needs: one loop, both queues.
//
// Each call takes a name, which is noted when its callback runs, so a puzzle reads as it
// does in JavaScript. A callback without a name leaves no note.
//
// Threads   One.
// Errors    What libuv refuses throws lab::Error.
// Left out  Pending promises: a reaction to a resolved one is a microtask.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/where.hpp"
#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"
#include "lab/uv/uv.hpp"
#include "next_tick.hpp"

namespace lab02 {

// When the queues are drained. `loops_end` is the control: callbacks are called without
// Node's wrapper, and the ticks run only when the loop has nothing left to do.
enum class Drain { after_each_callback, loops_end };

class Environment {
 public:
  explicit Environment(Drain drain = Drain::after_each_callback);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  void next_tick(std::string name, Job body = {}, lab::Where = lab::Where::here());
  void microtask(std::string name, Job body = {}, lab::Where = lab::Where::here());
  void set_immediate(std::string name, Job body = {}, lab::Where = lab::Where::here());
  void set_timeout(std::string name, double milliseconds, Job body = {},
                   lab::Where = lab::Where::here());
  // A byte is there already: the callback comes from the next poll.
  void on_ready(std::string name, Job body = {}, lab::Where = lab::Where::here());

  // What any other callback of libuv has to be wrapped in.
  [[nodiscard]] Job callback(std::string name, Job body = {},
                             lab::Where = lab::Where::here());

  void note(std::string_view name);  // this happens now

  // The main program, as CommonJS runs it: one callback, before the loop starts.
  void script(const Job& body);
  // As an ES module: its top-level code is a promise's job.
  void module(Job body);

  void run();  // the loop, to its end

  lab::uv::Loop& loop() { return loop_; }
  std::uint64_t iterations() const { return iterations_; }  // that the loop has begun
  const std::string& order() const { return order_; }  // "tick > promise > immediate"

  // Called when a named job is put into "nextTick queue", "microtask queue", "immediates",
  // "timers" or "libuv", with the line that asked for it. Returns a number for the job.
  std::function<std::uint64_t(std::string_view queue, std::string_view name, lab::Where)>
      on_put;
  // Called when that job is taken out to run.
  std::function<void(std::string_view queue, std::string_view name, std::uint64_t number,
                     lab::Where)>
      on_take;

 private:
  Job noted(std::string_view queue, std::string name, Job body, lab::Where where);
  Job scoped(Job body);

  const Drain drain_;
  Ticks ticks_;
  std::string order_;
  std::uint64_t iterations_ = 0;
  lab::uv::Loop loop_;
  lab::uv::Prepare iteration_begins_{loop_};
  lab::uv::Immediates immediates_{loop_};
  lab::uv::Timeouts timeouts_{loop_, scoped([] {})};
  std::vector<std::unique_ptr<lab::uv::Async>> ready_;
};

}  // namespace lab02
