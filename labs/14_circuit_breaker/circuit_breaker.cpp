#include "circuit_breaker.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace lab14 {
namespace {

void require(bool holds, const std::string& rule) {
  if (!holds) throw std::invalid_argument("circuit breaker: " + rule);
}

void require_duration(TimeSpan value, const std::string& name) {
  require(value > Duration::zero(), name + " must be above zero");
}

Config checked(Config config) {
  constexpr std::size_t kMost = 1'000'000;  // calls whose outcomes are kept
  require(config.window <= kMost, "the window holds at most 1000000 calls");
  require(config.minimum_calls >= 1 && config.minimum_calls <= config.window,
          "minimum_calls must be at least 1 and fit into the window");
  require(config.failure_rate > 0 && config.failure_rate <= 1,  // false for NaN
          "failure_rate must be above 0 and at most 1");
  if (config.slow_after) require_duration(*config.slow_after, "slow_after");
  require_duration(config.open_for, "open_for");
  require(config.probes >= 1 && config.probes <= kMost, "probes must be 1 to 1000000");
  require_duration(config.probe_wait, "probe_wait");
  return config;
}

}  // namespace

CircuitBreaker::CircuitBreaker(Config config, Clock clock)
    : config_(checked(std::move(config))),
      clock_(std::move(clock)),
      window_(config_.window) {
  require(clock_ != nullptr, "it needs a clock");
}

// Step 5: ask. The first caller after the open time begins half-open and makes its first
// probe. All of it happens under the lock, so no two callers can take the same last place.
std::optional<Permit> CircuitBreaker::try_call() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) return allow();
  if (state_ == State::open) {
    if (clock_() < until_) return std::nullopt;
    change(State::half_open, Reason::open_time_over);
  }
  if (probes_sent_ < config_.probes) return allow_probe();
  if (clock_() >= until_) change(State::open, Reason::probes_missing);
  return std::nullopt;
}

Permit CircuitBreaker::allow() {
  return {this, generation_, config_.slow_after ? clock_() : TimePoint{}};
}

Permit CircuitBreaker::allow_probe() {
  ++probes_sent_;
  until_ = clock_() + config_.probe_wait;
  return allow();
}

// Step 6: report. What an earlier generation allowed says nothing about this one: a late
// failure from the outage must not open a breaker that has just closed.
void CircuitBreaker::settle(const Permit& permit, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  if (permit.generation_ != generation_) return;
  if (outcome == Outcome::ignored) {
    if (state_ == State::half_open) --probes_sent_;  // another may go in its place
    return;
  }
  const bool slow =
      config_.slow_after && clock_() - permit.started_ >= *config_.slow_after;
  const bool failed = outcome == Outcome::failure || slow;
  const Tally& tally = window_.add(failed);
  state_ == State::closed ? judge_calls(tally) : judge_probes(tally);
}

// Step 7: closed. A rate needs a minimum of calls before it means anything.
void CircuitBreaker::judge_calls(const Tally& calls) {
  if (calls.calls < config_.minimum_calls) return;
  if (calls.failure_rate() < config_.failure_rate) return;
  change(State::open, Reason::failure_rate);
}

// Step 8: half-open. The probes are judged as a group once all are back, so that one
// lucky probe does not close the breaker and one unlucky probe does not open it.
void CircuitBreaker::judge_probes(const Tally& probes) {
  if (probes.calls < config_.probes) return;
  if (probes.failure_rate() < config_.failure_rate) {
    change(State::closed, Reason::probes_passed);
  } else {
    change(State::open, Reason::probes_failed);
  }
}

// Step 9: every change starts a new generation that knows nothing yet.
void CircuitBreaker::change(State next, Reason why, lab::Where where) {
  const State before = std::exchange(state_, next);
  ++generation_;
  window_ = CallWindow(next == State::half_open ? config_.probes : config_.window);
  probes_sent_ = 0;
  if (next == State::open) until_ = clock_() + config_.open_for;

  const Transition transition{before, next, why, generation_, where};
  for (const auto& listener : listeners_) listener(transition);
}

State CircuitBreaker::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Tally CircuitBreaker::tally() const {
  const std::lock_guard lock(mutex_);
  return window_.tally();
}

void CircuitBreaker::on_transition(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)),
      generation_(other.generation_),
      started_(other.started_) {
}

Permit::~Permit() {
  report(Outcome::failure);
}

void Permit::report(Outcome outcome) {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->settle(*this, outcome);
}

std::string_view to_string(State state) {
  constexpr std::string_view kNames[] = {"closed", "open", "half-open"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(Reason reason) {
  constexpr std::string_view kNames[] = {"failure rate", "open time over",
                                         "probes passed", "probes failed",
                                         "probes missing"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace lab14
