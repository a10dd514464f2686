// saga.hpp: one business transaction as a chain of local ones, driven from a durable log.
//
//   forward -- every step is done ------------------------------------> completed
//   forward -- a step is refused, or its outcome stays unknown -------> back
//   back    -- every step that may have happened is undone, last first > compensated
//
// Threads   None. Two orchestrators must not run one saga at the same time.
// Errors    What a service answers is an Outcome, and "no answer" is one of them. The log
//           throws what its store throws. An impossible chain throws std::invalid_argument.
// Cost      Two records per step. A crash repeats at most the request after the last one.
// Source    H. Garcia-Molina and K. Salem, "Sagas" (1987); pivot and retriable steps as in
//           C. Richardson, "Microservices Patterns", chapter 4.
// Left out  Timers between attempts (to run() again is the caller's), steps side by side, a
//           lock so that only one orchestrator resumes a saga.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lab13 {

enum class Outcome {
  done,
  refused,  // and it has changed nothing
  busy,     // another saga holds what it needs; it has changed nothing
  unknown,  // no answer: it may have happened, may not, or may happen later
};
std::string_view to_string(Outcome outcome);

// Step 1: a step names its service, what it does there, and what undoes that. One that cannot
// be undone is the pivot: after it there is no way back, only retrying.
struct Step {
  std::string service;
  std::string act;
  std::string undo{};
};

struct Command {
  std::string service;
  std::string action;
  std::string saga;  // with the step, the key by which a service knows a repetition
  std::string input;
  std::string cause{};  // the message that brought it, if one did
};

using Send = std::function<Outcome(const Command&)>;

enum class Event { begun, requested, done, refused, abandoned, undone, ended };

struct Record {
  Event event;
  std::size_t step = 0;
  std::string input{};  // of `begun`: what the saga is about
};

// Where records survive a crash of the process.
class SagaLog {
 public:
  virtual ~SagaLog() = default;
  virtual void append(const std::string& saga, const Record& record) = 0;  // then durable
  virtual std::vector<Record> read(const std::string& saga) = 0;
};

// All that is known of a saga. It changes by records only, so a restart knows the same.
struct Progress {
  std::string input{};
  std::size_t next = 0;  // the first step that is not done
  int attempts = 0;      // how often that was requested
  bool back = false;
  std::size_t undo = 0;  // going back: the steps below may have happened
  bool ended = false;

  void apply(const Record& record);
};

enum class Ending {
  completed,
  compensated,
  waiting,  // a service does not answer, or is busy: run it again later
};

class Orchestrator {
 public:
  using Observer = std::function<void(const Record&)>;

  // Asks `attempts` times for a step whose outcome is unknown before it goes back.
  Orchestrator(std::vector<Step> steps, SagaLog& log, Send send, int attempts = 3);

  // Starts a saga, or does nothing if it was started before.
  void begin(const std::string& saga, const std::string& input);

  // Goes on from where the log ends. REQUIRES: it was begun.
  Ending run(const std::string& saga);

  void on_record(Observer observer) { observer_ = std::move(observer); }  // once durable

 private:
  bool forward(const std::string& saga, Progress& at);
  bool backward(const std::string& saga, Progress& at);
  bool can_return_from(std::size_t steps) const;
  void record(const std::string& saga, Progress& at, const Record& record);

  const std::vector<Step> steps_;
  SagaLog& log_;
  const Send send_;
  const int attempts_;
  Observer observer_{};
};

}  // namespace lab13
