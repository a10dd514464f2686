// answer.hpp: the answer to a scenario, read from the trace of a real run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drill/item.hpp"

namespace runner {

// Reads the lines of one run with --json and keeps what can be an answer of any item.
class AnswerReader {
 public:
  void line(std::string_view line);

  // As the trace has it: a cell, the first cell of a row, yes or no, an event's argument.
  // Nothing if the run does not have it, has it twice, or was not whole; why() tells.
  std::optional<std::string> answer(const Play& play) const;
  std::string why(const Play& play) const;

  bool whole() const { return ended_; }

 private:
  struct Table {
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
  };
  using Arguments = std::map<std::string, std::string>;

  std::optional<std::string> from_tables(const Play& play) const;

  std::vector<Table> tables_;
  std::map<std::string, bool> held_;            // claims, by id: each time
  std::map<std::string, Arguments> arguments_;  // of events, by name: the last ones
  bool ended_ = false;
};

struct PlayResult {
  std::optional<std::string> answer;
  std::string why{};  // there is none
};

// The runs of one session. Items that ask about the same scene with the same knobs are judged
// by one run of it, which the session plays when the first of them is asked. No run outlives its
// session: what judges an answer has always just been played.
class SessionRuns {
 public:
  explicit SessionRuns(Place place) : place_(std::move(place)) {}

  [[nodiscard]] bool has_played(const DrillItem& item) const;

  // Plays the item's scene in the lab's own program, unless this session has a whole run of
  // it. `other` is a descriptor that ends it when it becomes readable (-1: none).
  [[nodiscard]] PlayResult answer(const DrillItem& item, int other = -1);

 private:
  using Scene = std::pair<std::string, std::vector<std::string>>;  // lab, flags

  Place place_;
  std::map<Scene, AnswerReader> whole_;
};

}  // namespace runner
