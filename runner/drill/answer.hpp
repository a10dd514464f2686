// answer.hpp: the answer to a scenario, read from the trace of a real run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drill/item.hpp"

namespace runner {

// Reads the lines of a run with --json and keeps what could be the answer.
class AnswerReader {
 public:
  explicit AnswerReader(const Play& play) : play_(play) {}

  void line(std::string_view line);

  // As the trace has it: a cell, the first cell of a row, yes or no, an event's argument.
  // Nothing if the run does not have it, has it twice, or was not whole; why() tells.
  std::optional<std::string> answer() const;
  std::string why() const;

 private:
  struct Table {
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
  };

  std::optional<std::string> from_tables() const;
  std::optional<std::string> from(const Table& table) const;

  const Play& play_;
  std::vector<Table> tables_;
  std::optional<bool> held_;
  std::optional<std::string> argument_;
  bool ended_ = false;
};

struct PlayResult {
  std::optional<std::string> answer;
  std::string why{};  // there is none
};

// Plays the item's scene in the lab's own program. `other` is a descriptor that ends it
// when it becomes readable (-1: none).
PlayResult play(const DrillItem& item, const Place& place, int other = -1);

}  // namespace runner
