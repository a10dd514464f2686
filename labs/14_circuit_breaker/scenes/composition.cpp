// composition.cpp: the breaker beside retries and other services.
#include <vector>

#include "scenes/scenes.hpp"
#include "world/callers.hpp"

namespace lab14 {

using lab::Picture;
using lab::Story;

namespace {

constexpr int kAttempts = 3;

// Step 14: retry around the breaker: each attempt asks, so a refusal ends the retrying.
Answer retry_around(CircuitBreaker& breaker, PaymentsClient& payments) {
  Answer answer = Answer::failed;
  for (int i = 0; i < kAttempts && answer == Answer::failed; ++i)
    answer = pay(breaker, payments);
  return answer;
}

Answer retry_unguarded(PaymentsClient& payments) {
  Answer answer = Answer::failed;
  for (int i = 0; i < kAttempts && answer == Answer::failed; ++i)
    answer = pay_unguarded(payments);
  return answer;
}

// The other way round: one permit covers three attempts, and the breaker sees one failure
// where the service saw three calls.
Answer retry_inside(CircuitBreaker& breaker, PaymentsClient& payments) {
  auto permit = breaker.try_call();
  if (!permit) return Answer::refused;
  const Answer answer = retry_unguarded(payments);
  permit->report(answer == Answer::paid ? Outcome::success : Outcome::failure);
  return answer;
}

Config trips_after_five() {
  return {.minimum_calls = 5, .open_for = 24h};
}

}  // namespace

void retries(Story& story, const Knobs&) {
  constexpr int kUsers = 50;
  story.say(
      "{} users pay while the service is down, each with up to {} attempts. The breaker "
      "opens after 5 failures. The retry is around the breaker, or inside it.",
      kUsers, kAttempts);
  story.picture(Picture::bars, {"Retry and breaker"});
  PaymentsService service;
  service.become(Health::failing);
  PaymentsClient payments(service);
  CircuitBreaker outer(trips_after_five()), inner(trips_after_five());

  lab::Table table{"Retry and breaker", {"composed", "users", "reached the service"}, {}};
  const auto row = [&](const char* name, const std::function<Answer()>& user) {
    const int before = service.received();
    make_calls(kUsers, user);
    const int reached = service.received() - before;
    table.rows.push_back({name, std::to_string(kUsers), std::to_string(reached)});
    return reached;
  };
  const int unguarded =
      row("retry, no breaker", [&] { return retry_unguarded(payments); });
  const int inside =
      row("breaker(retry(call))", [&] { return retry_inside(outer, payments); });
  const int around =
      row("retry(breaker(call))", [&] { return retry_around(inner, payments); });
  story.table(table);
  story.claim("14.1",
              unguarded == kUsers * kAttempts && inside == 5 * kAttempts && around == 5,
              "{} calls reached the dead service with the retry around the breaker, and "
              "{} with the retry inside it. Control: {} without a breaker",
              around, inside, unguarded);
  story.takeaway(
      "Put the retry around the breaker, so that the breaker counts every attempt, and "
      "never retry a refusal.");
}

void one_for_each(Story& story, const Knobs&) {
  story.say(
      "Provider A is down and provider B is healthy. At first the app has one breaker "
      "for both, and then one for each.");
  story.picture(Picture::nodes, {"app", "breaker for both", "breaker for A",
                                 "breaker for B", "provider A", "provider B"});
  lab::Table table{
      "20 calls to the healthy provider", {"breakers", "paid", "refused"}, {}};
  std::vector<int> refused;
  PaymentsService down("provider A"), healthy("provider B");
  down.become(Health::failing);
  for (const bool shared : {true, false}) {
    const char* const name_a = shared ? "breaker for both" : "breaker for A";
    const char* const name_b = shared ? name_a : "breaker for B";
    PaymentsClient to_a(down, name_a), to_b(healthy, name_b);
    CircuitBreaker first(trips_after_five()), second(trips_after_five());
    draw(first, name_a);
    if (!shared) draw(second, name_b);
    CircuitBreaker& for_b = shared ? first : second;
    make_calls(20, [&] {
      draw_call("app", name_a);
      return pay(first, to_a);
    });
    const Calls calls = make_calls(20, [&] {
      draw_call("app", name_b);
      return pay(for_b, to_b);
    });
    table.rows.push_back({shared ? "one for both" : "one each",
                          std::to_string(calls.paid), std::to_string(calls.refused)});
    refused.push_back(calls.refused);
  }
  story.table(table);
  story.claim(
      "14.3", refused[0] == 20 && refused[1] == 0,
      "{} of 20 calls to a healthy provider failed at once, because its breaker was open "
      "for another provider. Control: {} failed with a breaker of its own",
      refused[0], refused[1]);
  story.takeaway(
      "Use one breaker for each dependency. Otherwise a dead one blocks the healthy "
      "ones.");
}

}  // namespace lab14
