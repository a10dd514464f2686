// participant.hpp: a service's side of a saga: each command takes effect at most once.
//
//   one local transaction:  handled(saga, step)  +  the effect  +  outbox(event)
//
// A command may come twice, late, or after the command that undoes it. The row in `handled`
// decides: a repetition gets the first answer again. To undo what never happened leaves a
// tombstone, so that the command that comes after it is refused.
//
// Threads   None: one connection.
// Errors    A command that makes no sense throws std::invalid_argument, and has changed
//           nothing. A database that fails throws lab::PostgresError: the outcome is unknown.
// Source    Idempotent receiver (Hohpe and Woolf); transactional outbox (Richardson).
// Left out  Deleting old rows of `handled` and `outbox`.
#pragma once

#include "lab/db/postgres.hpp"
#include "saga.hpp"

namespace lab13 {

struct Message {
  std::string saga;
  std::string event;  // "charge:done"
  std::string input;  // "account item amount"
};

class Participant {
 public:
  // Each step, and what undoes it, is a function (saga, account, item, amount) of the
  // database, which returns true: done, null: refused, false: busy.
  Participant(const std::string& url, std::vector<Step> steps)
      : db_(url), steps_(std::move(steps)) {}

  static const char* schema();  // the tables that it needs

  // Done, refused, or busy. An event with the outcome goes into the outbox, each time: so a
  // repetition is told what the first one was. If undoing is refused or busy, the step stays
  // done, and a repetition tries to undo it again.
  Outcome handle(const Command& command);

  // Publishes what the outbox holds, oldest first. A crash after `publish` repeats it: the
  // outbox delivers at least once. What `publish` throws passes through, and the event stays.
  void relay(const std::function<void(const Message&)>& publish);

 private:
  Outcome act(const Command& command, const std::string& step);
  Outcome undo(const Command& command, const std::string& step);
  bool claim(const Command& command, const std::string& step, const char* state);
  bool change(const Command& command, const std::string& step, const char* state);
  Outcome take_effect(const Command& command);

  lab::Postgres db_;
  const std::vector<Step> steps_;
};

}  // namespace lab13
