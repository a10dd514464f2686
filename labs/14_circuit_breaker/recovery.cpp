// recovery.cpp: how the breaker finds out that the service is back.
#include <fmt/format.h>

#include "scenes.hpp"

namespace lab14 {

using namespace std::chrono_literals;

namespace {

void trip(CircuitBreaker& breaker) {
  while (breaker.state() != State::open) {
    if (auto permit = breaker.try_call()) permit->report(Outcome::failure);
  }
}

// Ten callers in the same instant, all asked before the first answer; what reached it.
std::size_t ten_at_once(CircuitBreaker& breaker, PaymentsService& service, Health then,
                        std::size_t expected) {
  service.become(Health::hanging);
  const auto before = service.received();
  Crowd callers(10, service,
                [&](PaymentsClient& payments) { return pay(breaker, payments); });
  service.wait_received(before + expected);
  callers.wait_refused(10 - static_cast<int>(expected));
  const auto reached = service.received() - before;
  service.become(then);
  callers.join();
  return reached;
}

class Timeline {
 public:
  explicit Timeline(CircuitBreaker& breaker) {
    breaker.on_transition([this](const Transition& change) {
      const std::chrono::duration<double, std::milli> at = change.at - start_;
      table.rows.push_back({fmt::format("{:.0f} ms", at.count()),
                            std::string(to_string(change.to)),
                            std::string(to_string(change.why))});
      states.push_back(change.to);
    });
  }
  lab::Table table{"The breaker's states", {"after", "state", "because"}, {}};
  std::vector<State> states;

 private:
  const TimePoint start_ = std::chrono::steady_clock::now();
};

}  // namespace

// Step 13: the recovery. Each time the open time is over, ten calls come at once.
void recovery(Story& story, const Dials& dials) {
  const auto probes = static_cast<std::size_t>(*dials.probes);
  PaymentsService service(draw_received);
  CircuitBreaker breaker(dials.config());
  draw(breaker, "breaker (recovery)");
  Timeline timeline(breaker);
  const auto open_time_passes = [&] {
    const auto longest = *dials.open_for * std::max(1.0, *dials.growth);
    std::this_thread::sleep_for(longest * (1 + *dials.jitter / 100.0) + 1ms);
  };

  story.say(
      "The service fails, the breaker opens. Its time passes, ten calls come at once.");
  service.become(Health::failing);
  PaymentsClient payments(service);
  while (breaker.state() == State::closed) pay(breaker, payments);
  open_time_passes();
  const auto reached_down = ten_at_once(breaker, service, Health::failing, probes);
  const State after_failure = breaker.state();

  story.say("Again, and this time the service is back.");
  open_time_passes();
  const auto reached_up = ten_at_once(breaker, service, Health::healthy, probes);
  const State after_success = breaker.state();

  service.become(Health::hanging);
  const auto before = service.received();
  Crowd unguarded(10, service,
                  [](PaymentsClient& client) { return pay_unguarded(client); });
  service.wait_received(before + 10);
  const auto stampede = service.received() - before;
  service.become(Health::healthy);
  unguarded.join();

  story.table(timeline.table);
  story.claim(
      "14.4", "half-open: a limited number is let through",
      reached_down == probes && reached_up == probes && stampede == 10,
      "{} and {} of 10 at once reached it ({} allowed); without a breaker {} of 10",
      reached_down, reached_up, probes, stampede);
  const std::vector expected{State::open, State::half_open, State::open, State::half_open,
                             State::closed};
  story.claim("14.5", "those trials tell whether the service is back",
              after_failure == State::open && after_success == State::closed &&
                  timeline.states == expected,
              "trial failed: {} again; trial succeeded: {}", to_string(after_failure),
              to_string(after_success));
}

void group_of_probes(Story& story, const Dials&) {
  story.say("Three probes are judged together, at a limit of 50 %.");
  lab::Table table{"Three probes, one verdict", {"failed", "breaker"}, {}};
  for (int failing = 0; failing <= 3; ++failing) {
    TimePoint now(1h);
    CircuitBreaker breaker({.open_for = 1s, .probes = 3}, [&] { return now; });
    PaymentsService service(draw_received);
    PaymentsClient payments(service);
    trip(breaker);
    now += 1s;
    for (int i = 0; i < 3; ++i) {
      service.become(i < failing ? Health::failing : Health::healthy);
      pay(breaker, payments);
    }
    table.rows.push_back(
        {fmt::format("{} of 3", failing), std::string(to_string(breaker.state()))});
  }
  story.table(table);
  story.say(
      "With one probe, one lucky call sends the whole load back, and one unlucky call "
      "keeps a healthy service locked out.");
}

// Step 14: a probe whose caller never reports. Nobody else may probe in its place, so
// something must give it up: here `probe_wait`.
void lost_probe(Story& story, const Dials&) {
  story.say(
      "A probe's caller forgets to report, and the service is healthy again. The "
      "breaker's clock is turned by hand: a call each second, for a minute.");
  lab::Table table{
      "A lost probe", {"the permit", "breaker waits", "calls let through"}, {}};
  const auto row = [&](const char* fate, bool destroyed, Duration wait,
                       const char* waits) {
    TimePoint now(1h);
    CircuitBreaker breaker({.open_for = 5s, .probes = 1, .probe_wait = wait},
                           [&] { return now; });
    trip(breaker);
    now += 5s;
    auto probe = breaker.try_call();
    if (destroyed) probe.reset();
    int through = 0;
    for (int second = 0; second < 60; ++second, now += 1s) {
      if (auto permit = breaker.try_call()) {
        permit->report(Outcome::success);
        ++through;
      }
    }
    table.rows.push_back({fate, waits, fmt::format("{} of 60", through)});
  };
  row("kept for ever", false, 24h, "for ever");
  row("kept for ever", false, 10s, "10 s");
  row("destroyed", true, 24h, "for ever");
  story.table(table);
  story.say(
      "The first row is the bug that many breakers have had: half-open for ever. A "
      "permit "
      "that is destroyed unreported counts as a failure, so an exception cannot cause "
      "it.");
}

namespace {

struct Flapping {
  int openings = 0;
  std::size_t reached = 0;
};

// A service that is well for each probe and ill right after it; ten calls a second.
Flapping flap(const Config& config, std::chrono::minutes lasting) {
  TimePoint now(1h);
  CircuitBreaker breaker(config, [&] { return now; });
  PaymentsService service;
  PaymentsClient payments(service);
  Flapping result;
  service.become(Health::failing);
  breaker.on_transition([&](const Transition& change) {
    result.openings += change.to == State::open;
    service.become(change.to == State::half_open ? Health::healthy : Health::failing);
  });
  for (const auto end = now + lasting; now < end; now += 100ms) pay(breaker, payments);
  result.reached = service.received();
  return result;
}

}  // namespace

void flapping(Story& story, const Dials&) {
  const auto lasting = story.quick() ? 10min : 60min;
  story.say(
      "The service is well for each probe and falls ill right after it, for {} minutes "
      "of the breaker's clock; ten calls a second.",
      lasting.count());
  lab::Table table{
      "A flapping service", {"open time", "openings", "calls that reached it"}, {}};
  const auto row = [&](const char* name, double growth) {
    const Flapping seen =
        flap({.minimum_calls = 4, .open_for = 5s, .open_growth = growth, .probes = 1},
             lasting);
    table.rows.push_back(
        {name, std::to_string(seen.openings), std::to_string(seen.reached)});
  };
  row("5 s each time", 1);
  row("doubled each time, up to 5 min", 2);
  story.table(table);
}

}  // namespace lab14
