// memory.hpp: the log and the services of a saga in memory, the model beside the real ones.
#pragma once

#include <map>
#include <stdexcept>

#include "saga.hpp"

namespace lab13 {

struct Crash : std::runtime_error {
  Crash() : std::runtime_error("crash") {}
};

// Counts down to a crash of the process that calls it; 0: none.
struct CrashAt {
  int left = 0;
  void operator()() {
    if (left > 0 && --left == 0) throw Crash();
  }
};

class MemoryLog : public SagaLog {
 public:
  void append(const std::string& saga, const Record& record) override {
    crash();
    records[saga].push_back(record);
    crash();
  }
  std::vector<Record> read(const std::string& saga) override { return records[saga]; }

  CrashAt crash;
  std::map<std::string, std::vector<Record>> records;
};

// What participant.hpp promises, in twenty lines: each step has an effect of -1, 0 or 1.
class MemoryServices {
 public:
  Outcome act(const Command& command) {
    const auto [state, is_new] =
        handled.try_emplace({command.saga, command.action}, State::done);
    if (is_new && refuses[command.action]) state->second = State::refused;
    if (is_new && state->second == State::done) ++effects[{command.saga, command.action}];
    return state->second == State::done ? Outcome::done : Outcome::refused;
  }
  Outcome undo(const Command& command, const std::string& act) {
    const auto [state, is_new] = handled.try_emplace({command.saga, act}, State::undone);
    if (state->second == State::done) {
      state->second = State::undone;
      --effects[{command.saga, act}];
    }
    return Outcome::done;
  }
  int effect(const std::string& saga, const std::string& act) {
    return effects[{saga, act}];
  }

  std::map<std::string, bool> refuses;

 private:
  enum class State { done, refused, undone };
  using Key = std::pair<std::string, std::string>;
  std::map<Key, State> handled;
  std::map<Key, int> effects;
};

// Create, charge and reserve can be undone; ship is the pivot; confirm comes after it.
inline std::vector<Step> five_steps() {
  return {{"orders", "create", "cancel"},
          {"payments", "charge", "refund"},
          {"stock", "reserve", "release"},
          {"stock", "ship"},
          {"orders", "confirm"}};
}

inline Outcome deliver(MemoryServices& services, const Command& command) {
  for (const Step& step : five_steps()) {
    if (command.action == step.act) return services.act(command);
    if (command.action == step.undo) return services.undo(command, step.act);
  }
  throw std::logic_error("no such command: " + command.action);
}

}  // namespace lab13
