// circuit_breaker.hpp: stop calling a dependency that keeps failing.
//
//   closed    -- the failure rate of the last calls reaches the limit --> open
//   open      -- open_for has passed, next try_call() ------------------> half_open
//   half_open -- all probes are back, failure rate under the limit -----> closed
//   half_open -- all probes are back, failure rate at the limit or over > open
//   half_open -- a probe is missing, probe_wait after the last was sent > open
//
// Units     Time is std::chrono, read only through the injected clock. max() of any
//           duration means for ever.
// Threads   Safe to share: one mutex, held for a few additions.
// Errors    A refusal is a normal answer (nullopt), never an exception.
//           An impossible Config throws std::invalid_argument.
// Cost      Two uncontended locks per call; the clock is read only while the breaker is
//           not closed, or if slow calls are judged (see bench/).
// Source    The states of M. Nygard's "Release It!"; the window, its minimum volume and
//           the probes judged as a group as in resilience4j.
// Left out  A window over time instead of calls, a limit of its own for the rate of slow
//           calls, an open time with jitter that grows while the service flaps, one state
//           for all instances: each instance learns alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "call_window.hpp"
#include "lab/core/time_span.hpp"
#include "lab/core/where.hpp"

namespace lab14 {

using lab::TimeSpan;
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

enum class State { closed, open, half_open };

enum class Outcome {
  success,
  failure,  // an error or a timeout: it speaks against the service's health
  ignored,  // says nothing about it: the caller went away, the request itself was wrong
};

enum class Reason {
  failure_rate,
  open_time_over,
  probes_passed,
  probes_failed,
  probes_missing
};

std::string_view to_string(State state);
std::string_view to_string(Reason reason);

// Step 1: what decides. A breaker judges the rate of failures in a window, not one failure.
struct Config {
  // Opens at this failure rate of the last `window` calls, once it knows `minimum_calls`
  // of them: one failure of one call is 100 % and proves nothing.
  std::size_t window = 100;  // at most 1,000,000 calls
  std::size_t minimum_calls = 10;
  double failure_rate = 0.5;             // above 0, at most 1
  std::optional<TimeSpan> slow_after{};  // a call that took this long counts as a failure

  // Stays open for so long, then lets so many calls through and judges them together.
  TimeSpan open_for = std::chrono::seconds(5);
  std::size_t probes = 3;
  TimeSpan probe_wait = std::chrono::seconds(30);  // for reports, after the last was sent
};

struct Transition {
  State from;
  State to;
  Reason why;
  std::uint32_t generation;  // of the state that begins: each change starts a new one
  lab::Where where;          // the line that decided
};

class CircuitBreaker;

// Step 2: proof that one call was allowed. It remembers the generation that allowed it, so an
// answer that arrives after the next change of state is dropped. Must not outlive its
// breaker. A permit destroyed unreported counts as a failure, so that a forgotten report
// or an exception cannot hold the breaker half-open.
class [[nodiscard]] Permit {
 public:
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&&) = delete;
  ~Permit();

  // Tells how the call ended. Only the first report of a permit counts.
  void report(Outcome outcome);

  std::uint32_t generation() const { return generation_; }

 private:
  friend class CircuitBreaker;
  Permit(CircuitBreaker* breaker, std::uint32_t generation, TimePoint started)
      : breaker_(breaker), generation_(generation), started_(started) {}

  CircuitBreaker* breaker_;  // null once reported
  std::uint32_t generation_;
  TimePoint started_;
};

// Step 3: the contract. A caller asks, calls, and reports.
class CircuitBreaker {
 public:
  using Clock = std::function<TimePoint()>;
  using Listener = std::function<void(const Transition&)>;

  explicit CircuitBreaker(Config config, Clock clock = std::chrono::steady_clock::now);
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Asks to make one call; nullopt means "do not call".
  [[nodiscard]] std::optional<Permit> try_call();

  // The state after the last call or report: the passing of time alone changes nothing.
  State state() const;

  // What the breaker knows of this state's calls; empty after each change of state.
  Tally tally() const;

  // Called in order for every change, by the thread that caused it, under the lock: be
  // brief, do not throw, do not use this breaker.
  void on_transition(Listener listener);

 private:
  friend class Permit;

  Permit allow();
  Permit allow_probe();
  void settle(const Permit& permit, Outcome outcome);
  void judge_calls(const Tally& calls);
  void judge_probes(const Tally& probes);
  void change(State next, Reason why, lab::Where where = lab::Where::here());

  const Config config_;
  const Clock clock_;

  mutable std::mutex mutex_;
  State state_ = State::closed;
  std::uint32_t generation_ = 0;
  TimePoint until_{};            // open: no probe before; half-open: no report after
  CallWindow window_;            // of this generation: the calls, or the probes
  std::size_t probes_sent_ = 0;  // of this generation
  std::vector<Listener> listeners_;
};

}  // namespace lab14
