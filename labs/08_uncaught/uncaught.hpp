// uncaught.hpp: a loop that treats an error nobody caught as Node does.
//
//   a callback throws ------------------> uncaught --no handler--> the process ends with 1
//   a promise is rejected                    ^
//     --microtasks drained, not handled--> unhandled --no handler--'
//                                           \--handler--> on_handled_late
//
// Iteration One callback of the loop, then all ticks, then all microtasks, and again until
//           there are none. Only then is it asked which rejections nobody has handled.
// Threads   One. Promises must not outlive their Runtime's run().
// Errors    What a job throws is the subject here: it never leaves run().
// Source    Node's lib/internal/process/{promises,execution}.js; the exit codes are Node's.
// Left out  Modes strict, none and warn-with-error-codes; values of promises. Where the queues
//           stand after an exception that a handler took: here they are drained at once. So
//           does Node, but after one in an immediate's own body it runs the next immediate
//           first, and after a second one in the same drain it waits for the next callback.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"

namespace lab08 {

using Job = std::function<void()>;
using Error = std::exception_ptr;

enum class Origin { exception, rejection };
std::string_view name(Origin origin);  // as Node tells a handler

// What to do with a rejection that nobody handles: end (Node 15 and later), or say so and
// go on (Node 14).
enum class Rejections { end, warn };

class Promise;

class Runtime {
 public:
  explicit Runtime(Rejections rejections = Rejections::end) : rejections_(rejections) {}

  void next_tick(Job job) { ticks_.push_back(std::move(job)); }
  void microtask(Job job) { microtasks_.push_back(std::move(job)); }
  void set_immediate(Job job);
  void set_timeout(Job job, double milliseconds);

  // Step 1: the contract. A handler of a kind takes the error over; without one, run() ends
  // with exit code 1. on_monitor sees what ends the process and changes nothing.
  std::function<void(const Error&, Origin)> on_monitor{}, on_uncaught{};
  std::function<void(const Error&)> on_unhandled{};
  std::function<void()> on_handled_late{};
  std::function<void(const Error&)> on_warning{};

  int exit_code = 0;  // of a process that ends by itself

  void exit(int code);  // nothing runs any more
  // Runs `program` and what it started, to the end. Answers the exit code: 1 if an error
  // ended it, 7 if its handler threw.
  int run(const Job& program);

  // What a libuv callback of one's own does: see loop().
  void call(const Job& job);
  lab::uv::Loop& loop() { return loop_; }

 private:
  friend class Promise;
  struct Rejection;

  void guarded(const Job& job);
  void drain();
  bool tell_rejections();
  void uncaught(const Error& error, Origin origin);

  lab::uv::Loop loop_;
  lab::uv::Immediates immediates_{loop_};
  lab::uv::Timeouts timeouts_{loop_};
  std::deque<Job> ticks_, microtasks_;
  std::vector<std::shared_ptr<Rejection>> unhandled_;  // of this turn
  int handled_late_ = 0;
  Rejections rejections_;
  std::optional<int> ended_;
};

// A promise without a value: pending, fulfilled, or rejected with an error.
class Promise {
 public:
  static Promise rejected(Runtime& runtime, Error error);
  // An async function: what it throws becomes a rejection.
  static Promise async(Runtime& runtime, const Job& body);

  // .catch(): called with the error, later, as a microtask. Whoever calls it has taken
  // the error over; what the handler throws is the rejection of the new promise.
  Promise or_else(std::function<void(const Error&)> handler);

 private:
  struct State;
  explicit Promise(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace lab08
