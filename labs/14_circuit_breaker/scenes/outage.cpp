// outage.cpp: the service falls ill, and what that costs without and with a breaker.
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"

namespace lab14 {

using lab::Picture;
using lab::Story;
using lab::text::time;

// Step 11: calls that are in flight when the service dies. The breaker judges responses,
// and there are none yet.
void closed(Story& story, const Knobs& knobs) {
  const int calls = story.quick() ? 50 : 200;
  story.say(
      "An app makes {} calls to a healthy service. Then the service dies while {} more "
      "calls are in flight. The breaker is closed, so all of them should pass.",
      calls, kBurst);
  story.picture(Picture::nodes, {"app", "breaker", "payments"});
  PaymentsService service;
  PaymentsClient payments(service, "breaker");

  CircuitBreaker steady(knobs.without_recovery()), tripped(knobs.without_recovery());
  draw(tripped);
  const auto guarded = [](CircuitBreaker& breaker, PaymentsClient& client) {
    draw_call("app", "breaker");
    return pay(breaker, client);
  };
  const Calls made = make_calls(calls, [&] { return guarded(steady, payments); });
  const int reached = service.received();
  const Burst dying = burst(
      service, Health::failing,
      [&](PaymentsClient& client) { return guarded(tripped, client); }, "breaker");

  const auto text = [](int number) { return std::to_string(number); };
  story.table({"What reached the service",
               {"situation", "calls", "reached"},
               {{"healthy service", text(calls), text(reached)},
                {"burst as it dies", text(kBurst), text(dying.reached)}}});
  story.claim("14.2",
              made.paid == calls && reached == calls && dying.reached == kBurst &&
                  tripped.state() == State::open,
              "{} of {} calls reached the healthy service; {} of {} reached it as it "
              "died, and only their failures opened the breaker",
              reached, calls, dying.reached, kBurst);
  story.nuance("14.2",
               "A breaker does not stop calls that are already in flight, so the whole "
               "burst reaches the service. To bound it, add a bulkhead: a limit on the "
               "number of calls at the same time.");
  story.takeaway(
      "A closed breaker lets every call pass and only tracks how the calls end.");
}

namespace {

struct Cost {
  Calls without, with, refusals;
  int reached_while_open = 0;
};

// The same calls without and with a breaker, then 100 more while it is open.
Cost cost_of(PaymentsService& service, int count, const Knobs& knobs) {
  const int before = service.received();
  PaymentsClient direct(service, "app without breaker", *knobs.timeout);
  PaymentsClient guarded(service, "breaker", *knobs.timeout);
  CircuitBreaker breaker(knobs.without_recovery());
  draw(breaker);

  Cost cost;
  cost.without = make_calls(count, [&] { return pay_unguarded(direct); });
  cost.with = make_calls(count, [&] {
    draw_call("app with breaker", "breaker");
    return pay(breaker, guarded);
  });
  const int sent = cost.without.sent() + cost.with.sent();
  service.wait_received(before + sent);  // a caller may give up before its call is read
  cost.refusals = make_calls(100, [&] { return pay(breaker, guarded); });
  cost.reached_while_open = service.received() - before - sent;
  return cost;
}

}  // namespace

// Step 12: the control comes first. Without a breaker every call goes out, and every
// caller waits until its call fails.
void outage(Story& story, const Knobs& knobs) {
  const int many = story.quick() ? 100 : 200;
  const int few = story.quick() ? 12 : 20;
  const int minimum = *knobs.minimum_calls;
  story.say(
      "The service is down. First it fails every call, and then it hangs. The same calls "
      "are made without and with a breaker, which should open after {} failures.",
      minimum);
  story.picture(Picture::nodes,
                {"app without breaker", "app with breaker", "breaker", "payments"});

  for (const char* app : {"app without breaker", "app with breaker"})
    lab::trace::actor(app, lab::trace::Actor::client);
  PaymentsService service;
  service.become(Health::failing);
  const Cost fails = cost_of(service, many, knobs);
  service.become(Health::hanging);
  const Cost hangs = cost_of(service, few, knobs);

  lab::Table table{"What an outage costs",
                   {"service", "calls", "sent without", "sent with", "call", "refusal"},
                   {}};
  for (const auto& [name, cost] : {std::pair{"fails", fails}, {"hangs", hangs}}) {
    table.rows.push_back(
        {name, std::to_string(cost.without.sent()), std::to_string(cost.without.sent()),
         std::to_string(cost.with.sent()), time(cost.without.median_wait),
         time(cost.refusals.median_wait)});
  }
  story.table(table);
  story.claim("14.1",
              fails.without.sent() == many && fails.with.sent() == minimum &&
                  hangs.without.sent() == few && hangs.with.sent() == minimum,
              "of {} calls to a failing service, {} were sent without a breaker, and {} "
              "with a breaker",
              many, fails.without.sent(), fails.with.sent());
  const int reached = fails.reached_while_open + hangs.reached_while_open;
  story.claim("14.3",
              fails.refusals.refused == 100 && hangs.refusals.refused == 100 &&
                  reached == 0 &&
                  100 * hangs.refusals.median_wait < hangs.without.median_wait,
              "{} of 200 calls reached the service, and a refusal took {}. Control: a "
              "call to the hanging service took {}",
              reached, time(hangs.refusals.median_wait), time(hangs.without.median_wait));
  story.takeaway(
      "An open breaker helps both sides: the caller does not wait, and the service has "
      "time to recover.");
}

// Every call succeeds, late. A breaker that looks at failures only never opens.
void brown_out(Story& story, const Knobs& knobs) {
  const int minimum = *knobs.minimum_calls, calls = minimum + 4;
  story.say(
      "Every call succeeds, but takes {}. One breaker counts only failures. The other "
      "counts a call that takes {} or longer as failed, and should open.",
      time(kSlow), time(*knobs.slow_after));
  story.picture(Picture::machine, {"failures only", "failures and slowness"});
  lab::Table table{"A brown-out", {"breaker judges", "calls", "sent", "breaker"}, {}};
  std::vector<int> sent;
  for (const bool judges_slowness : {false, true}) {
    const std::string name = judges_slowness ? "failures and slowness" : "failures only";
    PaymentsService service;
    service.become(Health::slow);
    PaymentsClient payments(service);
    Config config = knobs.without_recovery();
    if (judges_slowness) config.slow_after = *knobs.slow_after;
    CircuitBreaker breaker(config);
    draw(breaker, name);
    sent.push_back(make_calls(calls, [&] { return pay(breaker, payments); }).sent());
    table.rows.push_back({name, std::to_string(calls), std::to_string(sent.back()),
                          std::string(to_string(breaker.state()))});
  }
  story.table(table);
  const bool all_are_slow = *knobs.slow_after <= kSlow;
  story.claim("14.1", sent[0] == calls && (!all_are_slow || sent[1] == minimum),
              "{} of {} calls went to a service that was only slow, with a breaker that "
              "counts slow calls as failed. Control: {} went to it with a breaker that "
              "counts only failures",
              sent[1], calls, sent[0]);
  story.takeaway(
      "A slow service ties up its callers as much as a dead one, so count slow calls as "
      "failures.");
}

}  // namespace lab14
