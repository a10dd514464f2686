#include "saga.hpp"

#include <algorithm>
#include <stdexcept>

namespace lab13 {

std::string_view to_string(Outcome outcome) {
  constexpr std::string_view kNames[] = {"done", "refused", "busy", "unknown"};
  return kNames[static_cast<std::size_t>(outcome)];
}

// Step 2: what a record means. A refused step has not happened, an abandoned one may have, so
// that one is undone too.
void Progress::apply(const Record& record) {
  switch (record.event) {
    case Event::begun:
      input = record.input;
      return;
    case Event::requested:
      ++attempts;
      return;
    case Event::done:
      next = record.step + 1;
      attempts = 0;
      return;
    case Event::refused:
    case Event::abandoned:
      back = true;
      undo = record.step + (record.event == Event::abandoned ? 1 : 0);
      return;
    case Event::undone:
      undo = record.step;
      return;
    case Event::ended:
      ended = true;
  }
}

Orchestrator::Orchestrator(std::vector<Step> steps, SagaLog& log, Send send, int attempts)
    : steps_(std::move(steps)), log_(log), send_(std::move(send)), attempts_(attempts) {
  const bool named = std::ranges::all_of(steps_, [](const Step& step) {
    return !step.service.empty() && !step.act.empty();
  });
  if (steps_.empty() || !named) throw std::invalid_argument("a saga needs named steps");
  if (attempts_ < 1) throw std::invalid_argument("a step needs at least one attempt");
}

void Orchestrator::begin(const std::string& saga, const std::string& input) {
  Progress at;
  if (log_.read(saga).empty()) record(saga, at, {.event = Event::begun, .input = input});
}

// Step 3: a restart reads the log and goes on. It needs nothing that was in the memory of the
// process before it.
Ending Orchestrator::run(const std::string& saga) {
  const auto records = log_.read(saga);
  if (records.empty()) throw std::invalid_argument("no saga was begun as " + saga);
  Progress at;
  for (const Record& record : records) at.apply(record);
  while (!at.back && at.next < steps_.size())
    if (!forward(saga, at)) return Ending::waiting;
  while (at.back && at.undo > 0)
    if (!backward(saga, at)) return Ending::waiting;
  if (!at.ended) record(saga, at, {Event::ended});
  return at.back ? Ending::compensated : Ending::completed;
}

// Step 4: log, act, log. A crash in between repeats the request, so each service must
// recognize that. The attempts are counted in the log, so a crash does not forget them.
bool Orchestrator::forward(const std::string& saga, Progress& at) {
  const std::size_t i = at.next;
  if (at.attempts < attempts_) record(saga, at, {Event::requested, i});
  const Outcome outcome = send_({steps_[i].service, steps_[i].act, saga, at.input});
  if (outcome == Outcome::done) {
    record(saga, at, {Event::done, i});
  } else if (outcome == Outcome::refused && can_return_from(i)) {
    record(saga, at, {Event::refused, i});
  } else if (outcome != Outcome::unknown) {
    return false;
  } else if (at.attempts >= attempts_) {
    // Step 5: an unknown outcome is not a failure. It is requested again, and then undone as
    // if it had happened. If it cannot be undone, it is requested until its outcome is known.
    // The process before this one may have been allowed more attempts, and have made them.
    if (!can_return_from(i + 1)) return false;
    record(saga, at, {Event::abandoned, i});
  }
  return true;
}

// Step 6: go back, last step first. A compensation is retried until it is done.
bool Orchestrator::backward(const std::string& saga, Progress& at) {
  const Step& step = steps_[at.undo - 1];
  if (send_({step.service, step.undo, saga, at.input}) != Outcome::done) return false;
  record(saga, at, {Event::undone, at.undo - 1});
  return true;
}

// Whether the first so many steps can all be undone.
bool Orchestrator::can_return_from(std::size_t steps) const {
  return std::all_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(steps),
                     [](const Step& step) { return !step.undo.empty(); });
}

void Orchestrator::record(const std::string& saga, Progress& at, const Record& record) {
  log_.append(saga, record);
  at.apply(record);
  if (observer_) observer_(record);
}

}  // namespace lab13
