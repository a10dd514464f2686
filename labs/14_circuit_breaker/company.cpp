// company.cpp: the breaker in company: retries, fallbacks, other services, other
// instances.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>

#include "scenes.hpp"

namespace lab14 {

using namespace std::chrono_literals;

namespace {

constexpr int kAttempts = 3;

Config trips_after(std::size_t failures) {
  return {.minimum_calls = failures, .open_for = 24h, .longest_open = 24h};
}

// Step 15: retry around the breaker: each attempt asks, so a refusal ends the retrying.
Answer retry_around(CircuitBreaker& breaker, PaymentsClient& payments) {
  Answer answer = Answer::failed;
  for (int i = 0; i < kAttempts && answer == Answer::failed; ++i)
    answer = pay(breaker, payments);
  return answer;
}

// The other way round: one permit for three attempts, and one outcome told for three.
Answer retry_inside(CircuitBreaker& breaker, PaymentsClient& payments) {
  auto permit = breaker.try_call();
  if (!permit) return Answer::refused;
  bool paid = false;
  for (int i = 0; i < kAttempts && !paid; ++i) paid = payments.charge();
  permit->report(paid ? Outcome::success : Outcome::failure);
  return paid ? Answer::paid : Answer::failed;
}

Answer retry_unguarded(PaymentsClient& payments) {
  Answer answer = Answer::failed;
  for (int i = 0; i < kAttempts && answer == Answer::failed; ++i)
    answer = pay_unguarded(payments);
  return answer;
}

}  // namespace

void retries(Story& story, const Dials&) {
  constexpr int kUsers = 50;
  story.say("{} users pay, each with up to {} attempts; the service is down.", kUsers,
            kAttempts);
  lab::Table table{"Retry and breaker", {"composed", "users", "reached the service"}, {}};
  PaymentsService service(draw_received);
  service.become(Health::failing);
  PaymentsClient payments(service);
  CircuitBreaker inner(trips_after(5)), outer(trips_after(5));
  const auto row = [&](const char* name, const std::function<Answer()>& user) {
    const auto before = service.received();
    one_after_another(kUsers, user);
    table.rows.push_back(
        {name, std::to_string(kUsers), std::to_string(service.received() - before)});
  };
  row("retry, no breaker", [&] { return retry_unguarded(payments); });
  row("breaker(retry(call))", [&] { return retry_inside(outer, payments); });
  row("retry(breaker(call))", [&] { return retry_around(inner, payments); });
  story.table(table);
  story.say(
      "Retries multiply an outage. With the breaker inside, each attempt is counted; "
      "with "
      "it outside, three are one. Never retry a refusal.");
}

void fallback(Story& story, const Dials&) {
  story.say(
      "What the user gets while the breaker is open: the last known rate, and its age.");
  PaymentsService service(draw_received);
  PaymentsClient payments(service);
  CircuitBreaker breaker(trips_after(5));
  std::optional<std::string> last_known;
  const auto answer = [&](bool falls_back) -> std::string {
    if (pay(breaker, payments) == Answer::paid) return *(last_known = "1.08");
    return falls_back && last_known ? *last_known + ", as of the last good call"
                                    : "an error";
  };
  answer(true);
  service.become(Health::failing);
  lab::Table table{"20 users during the outage", {"fallback", "a rate", "an error"}, {}};
  for (const bool falls_back : {false, true}) {
    int errors = 0;
    for (int i = 0; i < 20; ++i) errors += answer(falls_back) == "an error";
    table.rows.push_back({falls_back ? "last known value" : "none",
                          std::to_string(20 - errors), std::to_string(errors)});
  }
  story.table(table);
  story.say(
      "A payment itself has no such value: queue it, or say honestly that it failed.");
}

void one_for_each(Story& story, const Dials&) {
  story.say(
      "Two services, and only one of them is down: one breaker for both, or one each?");
  lab::Table table{"Calls to the healthy service", {"breakers", "paid", "refused"}, {}};
  for (const bool shared : {true, false}) {
    PaymentsService down, well;
    down.become(Health::failing);
    PaymentsClient to_down(down), to_well(well);
    CircuitBreaker first(trips_after(5)), second(trips_after(5));
    CircuitBreaker& for_well = shared ? first : second;
    one_after_another(20, [&] { return pay(first, to_down); });
    const Calls calls = one_after_another(20, [&] { return pay(for_well, to_well); });
    table.rows.push_back({shared ? "one for both" : "one each",
                          std::to_string(calls.paid()), std::to_string(calls.refused())});
  }
  story.table(table);
}

namespace {

// The most instances that probe within the same 100 ms, once all have opened together.
int most_at_once(int instances, double jitter) {
  TimePoint now(1h);
  std::map<Duration::rep, int> probes;
  for (int i = 0; i < instances; ++i) {
    Config config = trips_after(1);
    config.open_for = 10s;
    config.jitter = jitter;
    CircuitBreaker breaker(config, [&] { return now; });
    breaker.on_transition([&](const Transition& t) { ++probes[t.open_for / 100ms]; });
    breaker.try_call()->report(Outcome::failure);
  }
  int most = 0;
  for (const auto& [when, count] : probes) most = std::max(most, count);
  return most;
}

}  // namespace

void instances(Story& story, const Dials&) {
  constexpr int kInstances = 5;
  PaymentsService service(draw_received);
  service.become(Health::failing);
  PaymentsClient payments(service);
  for (int i = 0; i < kInstances; ++i) {
    CircuitBreaker breaker(trips_after(5));
    one_after_another(100, [&] { return pay(breaker, payments); });
  }
  story.say(
      "Five instances of the app, each with its own breaker that opens after 5 failures, "
      "100 calls each: {} of 500 reached the service. Each learns alone.",
      service.received());
  story.say(
      "All open at the same moment for 10 s. Of 100 instances, {} probe within the same "
      "100 ms without jitter, {} with a jitter of 50 %.",
      most_at_once(100, 0), most_at_once(100, 0.5));
}

}  // namespace lab14
