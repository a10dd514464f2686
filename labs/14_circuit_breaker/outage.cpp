// outage.cpp: the service falls ill, and what that costs with and without a breaker.
#include <fmt/format.h>

#include "scenes.hpp"

namespace lab14 {

using namespace std::chrono_literals;

namespace {

constexpr Duration kLong = 24h;  // an open time that no scene outlives

// Trips on the dials' settings, and does not probe while the scene lasts.
Config stays_open(const Dials& dials) {
  Config config = dials.config();
  config.open_for = config.longest_open = kLong;
  return config;
}

const char* state_of(const CircuitBreaker& breaker) {
  return to_string(breaker.state()).data();
}

std::string text(std::chrono::duration<double, std::nano> time) {
  if (time < 1us) return fmt::format("{:.0f} ns", time.count());
  if (time < 1ms) return fmt::format("{:.0f} us", time.count() / 1e3);
  return fmt::format("{:.0f} ms", time.count() / 1e6);
}

}  // namespace

void closed(Story& story, const Dials& dials) {
  const int calls = story.quick() ? 50 : 500;
  story.say("The service is healthy. {} payments, each asks the breaker first.", calls);
  PaymentsService service(draw_received);
  PaymentsClient payments(service);
  CircuitBreaker breaker(stays_open(dials));
  draw(breaker);

  const Calls made = one_after_another(calls, [&] { return pay(breaker, payments); });
  story.claim("14.2", "closed: calls pass",
              made.paid() == calls &&
                  service.received() == static_cast<std::size_t>(calls) &&
                  breaker.state() == State::closed,
              "{} of {} reached the service, {} refused; the breaker is {}",
              service.received(), calls, made.refused(), state_of(breaker));
}

// Step 10: the burst that trips the breaker. The service takes ten calls before it
// answers the first, so the breaker cannot know yet: it opens on the answers.
void burst(Story& story, const Dials& dials) {
  story.say("Ten callers at once, and the service dies with their calls in hand.");
  PaymentsService service(draw_received);
  CircuitBreaker breaker(stays_open(dials));
  draw(breaker, "breaker (burst)");

  service.become(Health::hanging);
  Crowd callers(10, service,
                [&](PaymentsClient& payments) { return pay(breaker, payments); });
  service.wait_received(10);
  const auto reached = service.received();
  const State before = breaker.state();
  service.become(Health::failing);
  callers.join();
  const int judged = *dials.minimum_calls;
  story.say(
      "It opened on the first {} answers. The other {} belong to an earlier "
      "generation, and are dropped.",
      judged, 10 - judged);
  story.claim("14.2", "closed: calls pass",
              reached == 10 && before == State::closed && breaker.state() == State::open,
              "{} of 10 reached it though all failed; their answers left the breaker {}",
              reached, state_of(breaker));
  story.nuance(
      "14.2",
      "a breaker does not stop calls already in flight: the burst that trips it "
      "arrives whole. To bound that, add a bulkhead (a limit of parallel calls)");
}

namespace {

struct Illness {
  const char* name;
  Health health;
  int calls;
};

struct Comparison {
  Calls without, with, refusals;
  std::size_t received_without = 0, received_with = 0, received_while_open = 0;
};

// The same calls twice: straight, then guarded; then as many again while it is open.
Comparison compare(const Illness& illness, const Dials& dials) {
  PaymentsService service(draw_received);
  service.become(illness.health);
  const bool hangs = illness.health == Health::hanging;
  PaymentsClient payments(service, hangs ? *dials.timeout : 10s);
  CircuitBreaker breaker(stays_open(dials));
  draw(breaker, fmt::format("breaker ({})", illness.name));

  // A caller that gave up may be faster than the service that is still reading its call.
  const auto settle = [&](int sent) {
    if (hangs) service.wait_received(static_cast<std::size_t>(sent), 1s);
  };
  Comparison result;
  result.without =
      one_after_another(illness.calls, [&] { return pay_unguarded(payments); });
  settle(result.without.left());
  result.received_without = service.received();
  result.with = one_after_another(illness.calls, [&] { return pay(breaker, payments); });
  settle(result.without.left() + result.with.left());
  result.received_with = service.received() - result.received_without;
  result.refusals = one_after_another(100, [&] { return pay(breaker, payments); });
  result.received_while_open =
      service.received() - result.received_without - result.received_with;
  return result;
}

}  // namespace

// Step 11: the outage. The control comes first: without a breaker every call is made, and
// every caller waits for it to fail.
void outage(Story& story, const Dials& dials) {
  const int many = story.quick() ? 100 : 500;
  const int few = story.quick() ? 12 : 20;
  const auto minimum = static_cast<int>(*dials.minimum_calls);
  story.say(
      "The service is down in three ways; the same calls without and with a breaker.");
  lab::Table table{
      "What an outage costs",
      {"service", "calls", "sent without", "sent with", "wait without", "refusal"},
      {}};
  bool spared = true, silent = true;
  Calls hung, refused;
  for (const Illness illness : {Illness{"fails", Health::failing, many},
                                Illness{"refuses", Health::refusing, many},
                                Illness{"hangs", Health::hanging, few}}) {
    const Comparison run = compare(illness, dials);
    spared &= run.without.left() == illness.calls && run.with.left() == minimum;
    if (illness.health == Health::failing) {  // it answers each, so it counts each
      spared &= run.received_without == static_cast<std::size_t>(illness.calls) &&
                run.received_with == static_cast<std::size_t>(minimum);
    }
    silent &= run.refusals.refused() == 100 && run.received_while_open == 0;
    table.rows.push_back(
        {illness.name, std::to_string(illness.calls), std::to_string(run.without.left()),
         std::to_string(run.with.left()), text(run.without.median_wait()),
         text(run.refusals.median_wait())});
    hung = run.without, refused = run.refusals;
  }
  story.table(table);
  story.claim("14.1", "it keeps an app from hammering a call that is likely to fail",
              spared, "of {} calls to a dead service {} went out without it, {} with it",
              many, many, minimum);
  story.claim("14.3", "open: calls fail at once without reaching the service",
              silent && refused.median_wait() < 100us,
              "300 refusals, 0 reached it; median {}, against {} for one that hangs",
              text(refused.median_wait()), text(hung.median_wait()));
}

void brown_out(Story& story, const Dials& dials) {
  constexpr auto kLatency = 40ms;
  const int calls = static_cast<int>(*dials.minimum_calls) + 4;
  story.say("The service answers everything, but takes {} ms: no call fails.",
            milliseconds(kLatency).count());
  lab::Table table{
      "A brown-out", {"breaker judges", "calls", "sent", "breaker", "because"}, {}};
  for (const bool judges_slowness : {false, true}) {
    PaymentsService service(draw_received);
    service.answer_after(kLatency);
    PaymentsClient payments(service);
    Config config = stays_open(dials);
    if (judges_slowness) config.slow_after = kLatency / 4;
    CircuitBreaker breaker(config);
    std::string_view why = "-";
    draw(breaker, judges_slowness ? "breaker (slowness too)" : "breaker (failures)");
    breaker.on_transition([&](const Transition& change) { why = to_string(change.why); });
    one_after_another(calls, [&] { return pay(breaker, payments); });
    table.rows.push_back({judges_slowness ? "failures and slowness" : "failures only",
                          std::to_string(calls), std::to_string(service.received()),
                          state_of(breaker), std::string(why)});
  }
  story.table(table);
  story.say(
      "A service that is too slow holds its callers' threads and connections as one "
      "that is down does: so count slow calls too.");
}

namespace {

// At which call the breaker opened on a trace of (milliseconds since the last call,
// failed).
std::string opened_at(const Config& config,
                      const std::vector<std::pair<int, bool>>& trace) {
  TimePoint now(1h);
  CircuitBreaker breaker(config, [&] { return now; });
  for (std::size_t i = 0; i < trace.size(); ++i) {
    now += milliseconds(trace[i].first);
    if (auto permit = breaker.try_call()) {
      permit->report(trace[i].second ? Outcome::failure : Outcome::success);
    }
    if (breaker.state() == State::open) return fmt::format("opens at call {}", i + 1);
  }
  return "stays closed";
}

}  // namespace

// Step 12: the same outcomes, judged over the last calls and over the last seconds.
void windows(Story& story, const Dials&) {
  story.say(
      "Two windows judge the same outcomes: the last 10 calls, the last 10 seconds.");
  const std::pair<int, bool> good_fast{10, false}, bad_fast{10, true},
      bad_slow{60'000, true};
  std::vector<std::pair<int, bool>> dead(100, good_fast);
  dead.insert(dead.end(), 200, bad_fast);
  std::vector<std::pair<int, bool>> blip(100, good_fast);
  blip.insert(blip.end(), 6, bad_fast);
  blip.insert(blip.end(), 100, good_fast);
  const std::vector<std::pair<int, bool>> drip(20, bad_slow);

  const Config by_count{.window = LastCalls{10}, .minimum_calls = 4};
  const Config by_time{.window = LastTime{10s, 10}, .minimum_calls = 4};
  lab::Table table{
      "Count window or time window", {"trace", "last 10 calls", "last 10 s"}, {}};
  const auto row = [&](const char* name, const auto& trace) {
    table.rows.push_back({name, opened_at(by_count, trace), opened_at(by_time, trace)});
  };
  row("100 good, then dead", dead);
  row("a blip of 6 failures", blip);
  row("a failure a minute", drip);
  story.table(table);
  story.say(
      "A count window is as quick as its size and remembers however old; a time "
      "window weighs by load and forgets.");
}

}  // namespace lab14
