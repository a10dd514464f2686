// Random interleavings of calls, reports, lost permits and time, against a model that
// keeps every outcome in a list and sums it anew for each verdict.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

#include "circuit_breaker.hpp"
#include "fake_clock.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;

class Model {
 public:
  struct Ticket {
    std::uint32_t generation;
    TimePoint started;
  };

  explicit Model(Config config) : config_(std::move(config)) {}

  std::optional<Ticket> try_call(TimePoint now) {
    if (state == State::open && now >= until_) enter(State::half_open, now);
    if (state == State::open) return std::nullopt;
    if (state == State::half_open) {
      if (granted_ == config_.probes) {
        if (now >= until_) enter(State::open, now);
        return std::nullopt;
      }
      ++granted_;
      until_ = now + config_.probe_wait;
    }
    return Ticket{generation, now};
  }

  void report(const Ticket& ticket, Outcome outcome, TimePoint now) {
    if (ticket.generation != generation) return;
    if (outcome == Outcome::ignored) {
      if (state == State::half_open) --granted_;
      return;
    }
    const bool slow = config_.slow_after && now - ticket.started >= *config_.slow_after;
    failed_.push_back(outcome == Outcome::failure || slow);
    const Tally all = tally();
    const bool bad = all.failure_rate() >= config_.failure_rate;
    if (state == State::half_open) {
      if (all.calls == config_.probes) enter(bad ? State::open : State::closed, now);
    } else if (all.calls >= config_.minimum_calls && bad) {
      enter(State::open, now);
    }
  }

  Tally tally() const {
    std::size_t skip = 0;
    if (state == State::closed && failed_.size() > config_.window)
      skip = failed_.size() - config_.window;
    Tally sum;
    for (auto i = skip; i < failed_.size(); ++i) {
      ++sum.calls;
      sum.failures += failed_[i];
    }
    return sum;
  }

  State state = State::closed;
  std::uint32_t generation = 0;

 private:
  void enter(State next, TimePoint now) {
    if (next == State::open) until_ = now + config_.open_for;
    state = next;
    ++generation;
    granted_ = 0;
    failed_.clear();
  }

  Config config_;
  std::deque<bool> failed_;
  TimePoint until_{};
  std::size_t granted_ = 0;
};

Config random_config(std::mt19937& random) {
  Config config;
  config.minimum_calls = 1 + random() % 6;
  config.window = config.minimum_calls + random() % 10;
  config.failure_rate = (1 + random() % 10) / 10.0;
  if (random() % 2) config.slow_after = 50ms;
  config.open_for = 100ms * (1 + random() % 20);
  config.probes = 1 + random() % 5;
  config.probe_wait = 300ms;
  return config;
}

// One history of a breaker and of its model, which must agree after each step.
class History {
 public:
  explicit History(unsigned seed)
      : random_(seed),
        config_(random_config(random_)),
        breaker_(config_, clock_.reader()),
        model_(config_) {}

  void step() {
    const auto dice = random_() % 10;
    if (dice < 4) return call();
    if (dice < 8) return in_flight_.empty() ? call() : finish(random_outcome());
    if (dice < 9) return in_flight_.empty() ? call() : lose();
    clock_.advance(std::chrono::milliseconds(random_() % (random_() % 8 ? 20 : 400)));
  }

  void expect_agreement() {
    ASSERT_EQ(breaker_.state(), model_.state);
    if (model_.state == State::closed) {
      ASSERT_EQ(breaker_.tally(), model_.tally());
    }
  }

  // However it came here: once the service is healthy and time passes, it ends up closed.
  // (Not in one round: a success may still complete the minimum beside old failures.)
  void expect_not_wedged() {
    while (!in_flight_.empty() && random_() % 4) finish(Outcome::failure);
    for (int round = 0; round < 30; ++round) {
      clock_.advance(config_.open_for + config_.probe_wait);
      std::vector<Permit> probes;  // sent together: none waits for the other
      while (probes.size() < config_.probes) {
        auto permit = breaker_.try_call();
        if (!permit) break;
        probes.push_back(std::move(*permit));
      }
      for (auto& probe : probes) probe.report(Outcome::success);
    }
    EXPECT_EQ(breaker_.state(), State::closed);
  }

 private:
  struct Call {
    Permit permit;
    Model::Ticket ticket;
  };

  void call() {
    auto permit = breaker_.try_call();
    const auto ticket = model_.try_call(clock_.now());
    ASSERT_EQ(permit.has_value(), ticket.has_value());
    if (!permit) return;
    ASSERT_EQ(permit->generation(), ticket->generation);
    in_flight_.push_back(std::make_unique<Call>(Call{std::move(*permit), *ticket}));
  }

  std::unique_ptr<Call> take() {
    std::swap(in_flight_[random_() % in_flight_.size()], in_flight_.back());
    auto call = std::move(in_flight_.back());
    in_flight_.pop_back();
    return call;
  }

  void finish(Outcome outcome) {
    const auto call = take();
    call->permit.report(outcome);
    model_.report(call->ticket, outcome, clock_.now());
  }

  void lose() {
    auto call = take();
    const auto ticket = call->ticket;
    call.reset();
    model_.report(ticket, Outcome::failure, clock_.now());
  }

  Outcome random_outcome() {
    const auto dice = random_() % 10;
    if (dice == 0) return Outcome::ignored;
    // Good and bad times take turns, so that all three states are seen.
    return (clock_.now().time_since_epoch() / 1s + dice) % 4 < 2 ? Outcome::failure
                                                                 : Outcome::success;
  }

  std::mt19937 random_;
  FakeClock clock_;
  Config config_;
  CircuitBreaker breaker_;
  Model model_;
  std::vector<std::unique_ptr<Call>> in_flight_;  // gone before the breaker
};

TEST(CircuitBreakerProperty, AnyHistoryAgreesWithAModelThatSumsEverythingAnew) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    for (int i = 0; i < 500; ++i) {
      history.step();
      history.expect_agreement();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "step " << i;
    }
  }
}

TEST(CircuitBreakerProperty, NoHistoryWedgesIt) {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    for (unsigned i = 0; i < seed % 97; ++i) history.step();
    history.expect_not_wedged();
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace lab14
