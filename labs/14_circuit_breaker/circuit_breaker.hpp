// circuit_breaker.hpp: stop calling a dependency that keeps failing.
//
//   closed    -- the window's failure or slow rate reaches its limit -> open
//   open      -- the open time has passed, next try_call() ----------> half_open
//   half_open -- all probes are back, rates under the limits --------> closed
//   half_open -- all probes are back, a rate at or over its limit ---> open
//   half_open -- a report missing, probe_wait after the last probe --> open
//
// Units     Time is std::chrono, read only through the injected clock.
// Threads   Safe to share. try_call() takes no lock while closed, nor to refuse while
//           open; a report holds a mutex for a few additions.
// Errors    A refusal is a normal answer (nullopt), never an exception.
//           An impossible Config throws std::invalid_argument.
// Cost      Closed: one atomic load and one uncontended lock; the clock is read only for
//           slow calls or a time window (see bench/).
// Source    The states as in M. Nygard's "Release It!"; windows, rates, minimum volume
//           and probes judged as a group as in resilience4j; growing time as in Envoy.
// Left out  Forcing a state by hand; sharing one state between instances: each learns
//           alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <variant>
#include <vector>

#include "window.hpp"

namespace lab14 {

enum class State : std::uint32_t { closed, open, half_open };

enum class Outcome {
  success,
  failure,  // an error or a timeout: anything that speaks against the service's health
  ignored,  // says nothing about it: the caller went away, the request itself was wrong
};

enum class Reason {
  failures,  // closed -> open
  slow_calls,
  wait_over,      // open -> half-open
  probes_passed,  // half-open -> closed
  probes_failed,  // half-open -> open
  probes_missing,
};

std::string_view to_string(State state);
std::string_view to_string(Reason reason);

struct LastCalls {
  std::size_t calls = 100;
};
struct LastTime {
  Duration span = std::chrono::seconds(10);
  std::size_t buckets = 10;
};

struct Config {
  // When to open: at or above either rate, once the window holds minimum_calls.
  std::variant<LastCalls, LastTime> window = LastCalls{};
  std::size_t minimum_calls = 10;        // fewer prove nothing: 1 failure of 1 is 100 %
  double failure_rate = 0.5;             // above 0, at most 1
  std::optional<Duration> slow_after{};  // so long is slow; nullopt: no call is
  double slow_rate = 0.5;

  // How long to stay open: open_for, times open_growth for each opening that follows
  // too soon on the one before, at most longest_open; then up to `jitter` of it more.
  Duration open_for = std::chrono::seconds(5);
  double open_growth = 1;
  Duration longest_open = std::chrono::minutes(5);
  double jitter = 0;  // 0 to 1: so that many callers do not all probe at the same moment
  unsigned seed = std::random_device{}();

  // How to find out whether the service is back.
  std::size_t probes = 3;                          // so many calls, judged together
  Duration probe_wait = std::chrono::seconds(30);  // for reports, after the last was sent
};

struct Transition {
  State from;
  State to;
  Reason why;
  std::uint32_t generation;  // of the state that begins: each change starts a new one
  TimePoint at;
  Duration open_for;  // to open: how long; else zero
};

class CircuitBreaker;

// Proof that one call was allowed. It remembers the generation that allowed it, so an
// answer that arrives after the next change of state is dropped. Must not outlive its
// breaker. Destroyed unreported it counts as a failure, so that a forgotten report
// cannot hold the breaker half-open.
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

class CircuitBreaker {
 public:
  using Clock = std::function<TimePoint()>;
  using Listener = std::function<void(const Transition&)>;

  explicit CircuitBreaker(Config config, Clock clock = std::chrono::steady_clock::now);
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Asks to make one call; nullopt means "do not call".
  [[nodiscard]] std::optional<Permit> try_call();

  // The state as of the last call or report: time alone changes nothing.
  State state() const { return period_.load(std::memory_order_acquire).state; }

  // What the window holds now; empty after each change of state.
  Tally tally();

  // Called in order for every change, by the thread that caused it, under the lock:
  // be brief, do not throw, do not use this breaker but for state().
  void on_transition(Listener listener);

 private:
  friend class Permit;

  // State and generation change together, so they are read together, in one load. Aligned
  // as a word, or clang 14 would call a library for it.
  struct alignas(std::uint64_t) Period {
    State state = State::closed;
    std::uint32_t generation = 0;
  };
  static_assert(std::atomic<Period>::is_always_lock_free);

  std::optional<Permit> try_probe();
  void settle(const Permit& permit, Outcome outcome);
  void settle_call(bool failed, bool slow);
  void settle_probe(bool failed, bool slow);
  const Tally& record(bool failed, bool slow);
  std::optional<Reason> verdict(const Tally& tally) const;
  void change(State next, Reason why);
  Duration next_open_time(State from, TimePoint now);
  Permit permit(Period period);

  const Config config_;
  const Clock clock_;

  // Written under the lock, read without it.
  std::atomic<Period> period_;
  std::atomic<TimePoint>
      until_{};  // open: no probe before; half-open: none waited for after

  std::mutex mutex_;
  std::variant<CountWindow, TimeWindow> window_;
  Tally probes_;                 // of this half-open generation: reported
  std::size_t probes_sent_ = 0;  // and sent
  unsigned openings_ = 0;        // in a row, each too soon after the one before
  Duration open_time_{};         // of the latest opening
  TimePoint closed_at_;
  std::minstd_rand random_;
  std::vector<Listener> listeners_;
};

}  // namespace lab14
