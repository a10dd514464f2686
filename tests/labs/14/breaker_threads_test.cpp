// Many threads on one breaker; meant to run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <barrier>
#include <map>
#include <random>
#include <thread>

#include "circuit_breaker.hpp"
#include "fake_clock.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 8;

Config hasty() {
  Config config;
  config.window = 8;
  config.minimum_calls = 4;
  config.open_for = 1ms;
  config.probes = 3;
  config.probe_wait = 5ms;
  return config;
}

void in_threads(const std::function<void(int)>& body) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
}

TEST(CircuitBreakerThreads, AskingAtTheSameInstantGetExactlyTheProbes) {
  constexpr int kRounds = 300;
  FakeClock clock;
  CircuitBreaker breaker(hasty(), clock.reader());
  std::atomic<int> allowed = 0;
  std::vector<int> allowed_in_round;

  std::vector<std::vector<Permit>> held(kThreads);
  const auto next_round = [&]() noexcept {
    if (!allowed_in_round.empty() || allowed > 0) allowed_in_round.push_back(allowed);
    for (auto& permits : held) permits.clear();  // unreported: failures, so open again
    while (breaker.state() != State::open) {
      if (auto permit = breaker.try_call()) permit->report(Outcome::failure);
    }
    allowed = 0;
    clock.advance(1ms);
  };
  std::barrier barrier(kThreads, next_round);
  in_threads([&](int thread) {
    for (int round = 0; round <= kRounds; ++round) {
      barrier.arrive_and_wait();
      if (round == kRounds) break;
      for (int i = 0; i < 10; ++i) {
        if (auto permit = breaker.try_call()) {
          held[thread].push_back(std::move(*permit));
          ++allowed;
        }
      }
    }
  });
  ASSERT_EQ(allowed_in_round.size(), static_cast<std::size_t>(kRounds));
  for (const int probes : allowed_in_round) EXPECT_EQ(probes, 3);
}

// What one thread does for a while: calls that succeed, fail, say nothing or get lost.
class Caller {
 public:
  Caller(CircuitBreaker& breaker, FakeClock& clock, unsigned seed)
      : breaker_(breaker), clock_(clock), random_(seed) {}

  void run(int calls) {
    for (int i = 0; i < calls; ++i) {
      if (random_() % 8 == 0) clock_.advance(200us);
      auto permit = breaker_.try_call();
      if (!permit) continue;
      const auto generation = permit->generation();
      if (random_() % 4 == 0) std::this_thread::yield();
      switch (random_() % 8) {
        case 0:
          break;  // lost: destroyed unreported
        case 1:
          permit->report(Outcome::ignored);
          --taken[generation];  // it gives its place back
          break;
        case 2:
        case 3:
        case 4:
          permit->report(Outcome::failure);
          break;
        default:
          permit->report(Outcome::success);
      }
      ++taken[generation];
    }
  }

  std::map<std::uint32_t, int> taken;  // permits of each generation, less the ignored

 private:
  CircuitBreaker& breaker_;
  FakeClock& clock_;
  std::mt19937 random_;
};

TEST(CircuitBreakerThreads, NeverGetMoreProbesThanAllowedAndNeverWedgeIt) {
  FakeClock clock;
  CircuitBreaker breaker(hasty(), clock.reader());
  std::vector<Transition> changes;
  breaker.on_transition([&](const Transition& t) { changes.push_back(t); });

  std::vector<Caller> callers;
  for (unsigned i = 0; i < kThreads; ++i) callers.emplace_back(breaker, clock, i);
  in_threads([&](int thread) { callers[thread].run(50'000); });

  std::map<std::uint32_t, int> taken;
  for (const auto& caller : callers) {
    for (const auto& [generation, count] : caller.taken) taken[generation] += count;
  }
  State before = State::closed;
  std::uint32_t generation = 0;
  std::map<State, int> times;
  for (const auto& change : changes) {
    ASSERT_EQ(change.from, before);
    ASSERT_EQ(change.generation, ++generation);
    if (change.to == State::half_open) {
      ASSERT_LE(taken[generation], 3);
    }
    if (change.to == State::open) {
      ASSERT_EQ(taken[generation], 0);
    }
    before = change.to;
    ++times[change.to];
  }
  EXPECT_GT(times[State::half_open], 100) << "the race was hardly run";
  EXPECT_GT(times[State::closed], 10);

  for (int round = 0; round < 10 && breaker.state() != State::closed; ++round) {
    clock.advance(1ms);
    while (auto permit = breaker.try_call()) {
      permit->report(Outcome::success);
      if (breaker.state() == State::closed) break;
    }
    if (breaker.state() == State::half_open) clock.advance(5ms);
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

}  // namespace
}  // namespace lab14
