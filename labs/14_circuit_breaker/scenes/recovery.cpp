// recovery.cpp: how the breaker finds out that the service is back.
#include <thread>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"

namespace lab14 {

using lab::Story;
namespace trace = lab::trace;

void draw(CircuitBreaker& breaker, std::string name) {
  trace::state(name, to_string(breaker.state()));
  breaker.on_transition([name](const Transition& change) {
    const auto cause = trace::instant(
        to_string(change.why),
        {.lane = name, .args = {{"generation", change.generation}}}, change.where);
    trace::state(name, to_string(change.to), cause, change.where);
  });
}

void draw_call(std::string_view from, std::string_view breaker, lab::Where where) {
  const auto asked = trace::flow_out("call", {.lane = from}, where);
  trace::flow_in(asked, "call", {.lane = breaker}, where);
}

namespace {

// The control: ten calls at once without a breaker.
Burst stampede() {
  PaymentsService service;
  return burst(service, Health::healthy, pay_unguarded);
}

}  // namespace

// Step 13: each time the open time is over, ten calls come at once. The first trial meets
// a service that is still down, the second one that is healthy.
void recovery(Story& story, const Knobs& knobs) {
  const int probes = *knobs.probes;
  story.say(
      "The service is down and the breaker is open. Twice, its open time passes and ten "
      "calls come at once. {} of them may pass, to find out whether the service is back.",
      probes);
  story.picture(lab::Picture::machine, {"breaker"});
  const Burst unguarded = stampede();

  PaymentsService service;
  PaymentsClient payments(service);
  CircuitBreaker breaker(knobs.config());
  draw(breaker);
  std::vector<State> states;
  breaker.on_transition([&](const Transition& change) { states.push_back(change.to); });
  service.become(Health::failing);
  while (breaker.state() == State::closed) pay(breaker, payments);

  lab::Table table{
      "Ten calls at once", {"trial", "reached", "refused", "breaker afterwards"}, {}};
  const auto ten_calls = [&](const char* name, Health then) {
    std::this_thread::sleep_for(*knobs.open_for + 1ms);
    const Burst trial = burst(
        service, then, [&](PaymentsClient& client) { return pay(breaker, client); });
    table.rows.push_back({name, std::to_string(trial.reached),
                          std::to_string(trial.refused),
                          std::string(to_string(breaker.state()))});
    return trial.reached;
  };
  const int reached_down = ten_calls("service still down", Health::failing);
  const State after_failure = breaker.state();
  const int reached_up = ten_calls("service is back", Health::healthy);
  const State after_success = breaker.state();
  story.table(table);

  story.claim(
      "14.4",
      reached_down == probes && reached_up == probes && unguarded.reached == kBurst,
      "{} and {} of 10 calls at once reached the service. Control: without a breaker {} "
      "of 10 did",
      reached_down, reached_up, unguarded.reached);
  const std::vector expected{State::open, State::half_open, State::open, State::half_open,
                             State::closed};
  story.claim("14.5", states == expected,
              "after the trial that failed, the breaker was {}; after the trial that "
              "succeeded, it was {}",
              to_string(after_failure), to_string(after_success));
  story.takeaway(
      "When the open time is over, a breaker does not let everything through again. "
      "First a few trial calls decide.");
}

}  // namespace lab14
