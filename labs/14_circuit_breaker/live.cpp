// live.cpp: callers that share a breaker, a service that falls ill by hand.
#include <array>
#include <memory>
#include <mutex>

#include "lab/program.hpp"
#include "scenes.hpp"

namespace lab14 {

using namespace std::chrono_literals;

namespace {

// The breaker of the moment: its Config is fixed, so a turned dial means a new breaker.
class Current {
 public:
  void replace(Config config) {
    auto next = std::make_shared<CircuitBreaker>(std::move(config));
    draw(*next);
    const std::lock_guard lock(mutex_);
    breaker_ = std::move(next);
  }

  // The caller's share keeps it alive until its permit is gone.
  std::shared_ptr<CircuitBreaker> get() const {
    const std::lock_guard lock(mutex_);
    return breaker_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<CircuitBreaker> breaker_;
};

struct Counts {
  std::atomic<int> paid = 0, failed = 0, refused = 0;
};

void call_until_stopped(int caller, const Current& current,
                        const PaymentsService& service, const Dials& dials,
                        const Load& load, Counts& counts) {
  PaymentsClient payments(service, *dials.timeout);
  while (!lab::Program::stopped()) {
    if (caller < *load.callers) {
      const auto breaker = current.get();
      const Answer answer = pay(*breaker, payments);
      ++(answer == Answer::paid     ? counts.paid
         : answer == Answer::failed ? counts.failed
                                    : counts.refused);
    }
    std::this_thread::sleep_for(*load.pause);
  }
}

Config config_of(const Dials& dials, const Load& load) {
  Config config = dials.config();
  if (*load.slow_after > 0ms) config.slow_after = *load.slow_after;
  config.probe_wait = 5s;
  return config;
}

// All that makes a new breaker necessary.
std::array<double, 8> settings(const Dials& d, const Load& load) {
  const auto number = [](const auto& knob) {
    using Value = std::decay_t<decltype(*knob)>;
    return lab::KnobTraits<Value>::to(*knob);
  };
  return {number(d.failure_limit), number(d.window),       number(d.minimum_calls),
          number(d.probes),        number(d.open_for),     number(d.growth),
          number(d.jitter),        number(load.slow_after)};
}

}  // namespace

// Step 16: live: turn the service's health, and watch the state follow.
void live(Story& story, const Dials& dials, const Load& load) {
  story.say(
      "{} callers pay, through one breaker. Turn `service`, `failing` or `latency`.",
      *load.callers);
  PaymentsService service;
  Current current;
  Counts counts;
  auto built = settings(dials, load);
  current.replace(config_of(dials, load));

  constexpr int kMostCallers = 16;
  std::vector<std::jthread> callers;
  for (int i = 0; i < kMostCallers; ++i) {
    callers.emplace_back(
        [&, i] { call_until_stopped(i, current, service, dials, load, counts); });
  }

  int health = 0;
  std::size_t received = 0;
  std::array<int, 3> before{};
  constexpr auto kTick = 250ms;
  while (!lab::Program::stopped()) {
    if (const auto now = settings(dials, load); now != built) {
      built = now;
      current.replace(config_of(dials, load));
    }
    const int wanted = *load.health;
    if (std::exchange(health, wanted) != wanted) {
      service.become(static_cast<Health>(wanted));
    }
    service.answer_after(*load.latency);
    service.fail_share(*load.failing / 100.0);

    std::this_thread::sleep_for(kTick);
    const auto per_second = [&](const char* name, const char* lane, double change) {
      lab::trace::counter(name, change * (1s / kTick),
                          {.lane = lane, .args = {{"unit", "/s"}}});
    };
    per_second("reached", "service", static_cast<double>(service.received() - received));
    per_second("paid", "callers", counts.paid - before[0]);
    per_second("failed", "callers", counts.failed - before[1]);
    per_second("refused", "callers", counts.refused - before[2]);
    received = service.received();
    before = {counts.paid, counts.failed, counts.refused};
  }
  service.become(Health::failing);  // nobody waits for a service that hangs
}

}  // namespace lab14
