#include "participant.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace lab13 {

namespace {

bool is_text(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

struct Input {
  std::string account, item, amount;

  // An amount below zero would turn a charge into a gift.
  explicit Input(const std::string& text) {
    std::istringstream words(text);
    std::string more;
    const bool three = words >> account >> item >> amount && !(words >> more);
    if (!three || !is_text(text) || amount.size() > 6 ||
        amount.find_first_not_of("0123456789") != std::string::npos)
      throw std::invalid_argument("a command is about: account item amount");
  }
};

}  // namespace

const char* Participant::schema() {
  return "CREATE TABLE handled (saga text, step text, state text, cause text, "
         "PRIMARY KEY (saga, step));"
         "CREATE TABLE outbox (id bigserial PRIMARY KEY, saga text, event text, "
         "input text, sent boolean DEFAULT false);";
}

// Step 7: one local transaction holds the mark, the effect and the event: all or none.
Outcome Participant::handle(const Command& command) {
  const auto step = std::ranges::find_if(steps_, [&](const Step& one) {
    return one.service == command.service &&
           (command.action == one.act || command.action == one.undo);
  });
  const bool named = !command.saga.empty() && is_text(command.saga);
  if (step == steps_.end() || command.action.empty() || !named)
    throw std::invalid_argument("no such command");
  const Input checked(command.input);
  Outcome outcome = Outcome::done;
  const bool acts = command.action == step->act;
  db_.query("BEGIN");
  try {
    outcome = acts ? act(command, step->act) : undo(command, step->act);
    // A refused step keeps its mark, so a repetition is refused too. A busy one keeps none, and
    // an undo keeps none until it is done: each repetition tries again.
    if (outcome != Outcome::done && !(acts && outcome == Outcome::refused))
      db_.query("ROLLBACK; BEGIN");
    db_.query("INSERT INTO outbox (saga, event, input) VALUES ($1, $2, $3)",
              {command.saga, command.action + ":" + std::string(to_string(outcome)),
               command.input});
    db_.query("COMMIT");
    return outcome;
  } catch (...) {
    if (!db_.broken()) db_.query("ROLLBACK");
    throw;
  }
}

Outcome Participant::act(const Command& command, const std::string& step) {
  if (!claim(command, step, "done"))
    return change(command, step, "done") ? Outcome::done : Outcome::refused;
  const Outcome outcome = take_effect(command);
  if (outcome == Outcome::refused) change(command, step, "refused");
  return outcome;
}

// Step 8: undoing changes only what was done. If the command is still on its way, the row
// that is written here refuses it when it comes.
Outcome Participant::undo(const Command& command, const std::string& step) {
  const bool was_done =
      !claim(command, step, "undone") && change(command, step, "undone");
  return was_done ? take_effect(command) : Outcome::done;
}

// True for the first with this key; a second one at the same time waits for its commit.
bool Participant::claim(const Command& command, const std::string& step,
                        const char* state) {
  return db_.query(
                "INSERT INTO handled VALUES ($1, $2, $3, $4) "
                "ON CONFLICT DO NOTHING RETURNING 1",
                {command.saga, step, state, command.cause})
             .count() > 0;
}

// False: the step is not done.
bool Participant::change(const Command& command, const std::string& step,
                         const char* state) {
  return db_.query(
                "UPDATE handled SET state = $3 WHERE saga = $1 AND step = $2 "
                "AND state = 'done' RETURNING 1",
                {command.saga, step, state})
             .count() > 0;
}

Outcome Participant::take_effect(const Command& command) {
  const Input input(command.input);
  const auto row = db_.query("SELECT \"" + command.action + "\"($1, $2, $3, $4::int)",
                             {command.saga, input.account, input.item, input.amount});
  if (row.is_null(0)) return Outcome::refused;
  return row.text() == "t" ? Outcome::done : Outcome::busy;
}

// Step 9: the relay publishes first and marks then, so it may repeat but never lose. A second
// relay skips the row that this one holds.
void Participant::relay(const std::function<void(const Message&)>& publish) {
  for (bool more = true; more;) {
    db_.query("BEGIN");
    try {
      const auto rows = db_.query(
          "SELECT id, saga, event, input FROM outbox WHERE NOT sent "
          "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED");
      more = rows.count() > 0;
      if (more) {
        publish({rows.text(0, 1), rows.text(0, 2), rows.text(0, 3)});
        db_.query("UPDATE outbox SET sent = true WHERE id = $1", {rows.text()});
      }
      db_.query("COMMIT");
    } catch (...) {
      if (!db_.broken()) db_.query("ROLLBACK");
      throw;
    }
  }
}

}  // namespace lab13
