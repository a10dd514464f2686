#include "circuit_breaker.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace lab14 {
namespace {

void require(bool holds, std::string_view rule) {
  if (!holds) throw std::invalid_argument("circuit breaker: " + std::string(rule));
}

// Up to a year: far from where adding to a TimePoint could overflow.
void require_duration(Duration value, std::string_view name) {
  require(value > Duration::zero() && value <= std::chrono::hours(24 * 365),
          std::string(name) + " must be above zero and at most a year");
}

// Written so that NaN does not pass.
void require_rate(double value, std::string_view name) {
  require(value > 0 && value <= 1, std::string(name) + " must be above 0 and at most 1");
}

Config checked(Config config) {
  require(config.minimum_calls > 0, "minimum_calls must be at least 1");
  if (const auto* last = std::get_if<LastCalls>(&config.window)) {
    require(last->calls <= 1'000'000, "a count window holds at most 1000000 calls");
    require(config.minimum_calls <= last->calls,
            "minimum_calls must fit into the window, or it could never open");
  } else {
    const auto& time = std::get<LastTime>(config.window);
    require_duration(time.span, "the window's span");
    require(time.buckets > 0 && time.buckets <= 10'000,
            "a time window has 1 to 10000 buckets");
    require(time.span.count() >= static_cast<Duration::rep>(time.buckets),
            "a bucket must last at least a nanosecond");
  }
  require_rate(config.failure_rate, "failure_rate");
  require_rate(config.slow_rate, "slow_rate");
  if (config.slow_after) require_duration(*config.slow_after, "slow_after");
  require_duration(config.open_for, "open_for");
  require_duration(config.longest_open, "longest_open");
  require(config.longest_open >= config.open_for,
          "longest_open must not be below open_for");
  require(config.open_growth >= 1 && std::isfinite(config.open_growth),
          "open_growth must be at least 1");
  require(config.jitter >= 0 && config.jitter <= 1, "jitter must be between 0 and 1");
  require(config.probes > 0, "probes must be at least 1");
  require_duration(config.probe_wait, "probe_wait");
  return config;
}

std::variant<CountWindow, TimeWindow> make_window(const Config& config) {
  if (const auto* last = std::get_if<LastCalls>(&config.window)) {
    return CountWindow(last->calls);
  }
  const auto& time = std::get<LastTime>(config.window);
  return TimeWindow(time.span, time.buckets);
}

}  // namespace

CircuitBreaker::CircuitBreaker(Config config, Clock clock)
    : config_(checked(std::move(config))),
      clock_(std::move(clock)),
      window_(make_window(config_)),
      closed_at_(clock_()),
      random_(config_.seed) {
}

// Step 2: ask. Closed costs one load; open, one look at the clock; neither takes a lock.
// Who loses a race against a change of state gets an answer that was right when it asked.
std::optional<Permit> CircuitBreaker::try_call() {
  const Period period = period_.load(std::memory_order_acquire);
  if (period.state == State::closed) return permit(period);
  if (period.state == State::open && clock_() < until_.load(std::memory_order_relaxed)) {
    return std::nullopt;
  }
  return try_probe();
}

// Step 5: the first to ask after the open time begins half-open, and goes as its first
// probe. All of it under the lock, so that no two callers can take the same last place.
std::optional<Permit> CircuitBreaker::try_probe() {
  const std::lock_guard lock(mutex_);
  const Period period = period_.load(std::memory_order_relaxed);
  const TimePoint now = clock_();
  const bool waited = now >= until_.load(std::memory_order_relaxed);
  switch (period.state) {
    case State::closed:  // another caller was faster, and its probes have passed
      return permit(period);
    case State::open:
      if (!waited) return std::nullopt;
      change(State::half_open, Reason::wait_over);
      break;
    case State::half_open:
      if (probes_sent_ < config_.probes) break;
      if (waited) change(State::open, Reason::probes_missing);
      return std::nullopt;
  }
  ++probes_sent_;
  until_.store(now + config_.probe_wait, std::memory_order_relaxed);
  return permit(period_.load(std::memory_order_relaxed));
}

Permit CircuitBreaker::permit(Period period) {
  const TimePoint started = config_.slow_after ? clock_() : TimePoint{};
  return {this, period.generation, started};
}

// Step 3: tell. What an earlier generation allowed says nothing about this one: a slow
// failure from before the outage must not open a breaker that has just closed.
void CircuitBreaker::settle(const Permit& permit, Outcome outcome) {
  const bool slow =
      config_.slow_after && clock_() - permit.started_ >= *config_.slow_after;
  const bool failed = outcome == Outcome::failure;

  const std::lock_guard lock(mutex_);
  const Period period = period_.load(std::memory_order_relaxed);
  if (permit.generation_ != period.generation) return;
  if (period.state == State::closed) {
    if (outcome != Outcome::ignored) settle_call(failed, slow);
  } else if (outcome == Outcome::ignored) {
    --probes_sent_;  // it proved nothing, so another may go in its place
  } else {
    settle_probe(failed, slow);
  }
}

// Step 4: record the outcome, then judge the window.
void CircuitBreaker::settle_call(bool failed, bool slow) {
  const Tally& total = record(failed, slow);
  if (total.calls < config_.minimum_calls) return;
  if (const auto why = verdict(total)) change(State::open, *why);
}

// Step 6: the probes are judged as a group, by the same limits, once all are back. One
// lucky probe does not close the breaker, and one unlucky one does not open it.
void CircuitBreaker::settle_probe(bool failed, bool slow) {
  probes_.add(failed, slow);
  if (probes_.calls < config_.probes) return;
  if (verdict(probes_)) {
    change(State::open, Reason::probes_failed);
  } else {
    change(State::closed, Reason::probes_passed);
  }
}

const Tally& CircuitBreaker::record(bool failed, bool slow) {
  if (auto* last = std::get_if<CountWindow>(&window_)) return last->add(failed, slow);
  return std::get<TimeWindow>(window_).add(clock_(), failed, slow);
}

std::optional<Reason> CircuitBreaker::verdict(const Tally& tally) const {
  if (tally.failure_rate() >= config_.failure_rate) return Reason::failures;
  if (config_.slow_after && tally.slow_rate() >= config_.slow_rate)
    return Reason::slow_calls;
  return std::nullopt;
}

// Step 8: every change starts a new generation with nothing known. `until_` is written
// before `period_`: whoever sees that it is open, sees for how long.
void CircuitBreaker::change(State next, Reason why) {
  const TimePoint now = clock_();
  const auto [from, generation] = period_.load(std::memory_order_relaxed);

  probes_ = {};
  probes_sent_ = 0;
  std::visit([](auto& window) { window.clear(); }, window_);
  if (next == State::closed) closed_at_ = now;
  if (next == State::open) {
    open_time_ = next_open_time(from, now);
    until_.store(now + open_time_, std::memory_order_relaxed);
  }
  period_.store({next, generation + 1}, std::memory_order_release);

  const Duration open_for = next == State::open ? open_time_ : Duration::zero();
  for (const auto& listener : listeners_) {
    listener({from, next, why, generation + 1, now, open_for});
  }
}

// Step 9: a service that fails again at once is left alone for longer each time. It is
// forgiven once the breaker stayed closed for longer than it had been open before.
Duration CircuitBreaker::next_open_time(State from, TimePoint now) {
  if (from == State::closed && now - closed_at_ > open_time_) openings_ = 0;
  const double grown = static_cast<double>(config_.open_for.count()) *
                       std::pow(config_.open_growth, openings_++);
  const double longest = static_cast<double>(config_.longest_open.count());
  const double share = std::uniform_real_distribution(0.0, config_.jitter)(random_);
  return Duration(static_cast<Duration::rep>(std::min(grown, longest) * (1 + share)));
}

Tally CircuitBreaker::tally() {
  const std::lock_guard lock(mutex_);
  if (const auto* last = std::get_if<CountWindow>(&window_)) return last->total();
  return std::get<TimeWindow>(window_).total_at(clock_());
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
  constexpr std::string_view kNames[] = {"failure rate",   "slow-call rate",
                                         "open time over", "probes passed",
                                         "probes failed",  "probes missing"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace lab14
