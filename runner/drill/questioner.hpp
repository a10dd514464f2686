// questioner.hpp: asks one item on the terminal, judges what was predicted by a real run or lets
// you grade yourself, and notes it in the store.
#pragma once

#include <optional>
#include <string>

#include "drill/answer.hpp"
#include "drill/input.hpp"
#include "drill/item.hpp"
#include "drill/store.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

class Questioner {
 public:
  enum class Turn { next, again, stop };  // again: it was not known

  Questioner(const Place& place, DrillStore& store, Records records);

  // `head` stands before the item: "3 of 15".
  Turn ask(const DrillItem& item, const std::string& head);

  // The grade of the item that was asked last; nothing if it could not be judged.
  std::optional<int> grade() const { return grade_; }

  // What is typed behind the prompt; nothing if it is to end.
  std::optional<std::string> typed(const std::string& prompt);

  void paragraph(std::string_view text, lab::Style style = lab::Style::plain) const;

  const lab::Terminal& terminal() const { return terminal_; }
  LineInput& input() { return input_; }

 private:
  Turn ask_scenario(const DrillItem& item);
  Turn ask_followup(const DrillItem& item);
  std::optional<std::string> predicted(const DrillItem& item,
                                       const std::vector<std::string>& shown);
  Turn note(const DrillItem& item, int grade);

  SessionRuns runs_;
  DrillStore& store_;
  Records records_;
  lab::Terminal terminal_ = lab::Terminal::of_stdout();
  bool echoes_;
  LineInput input_;
  std::optional<int> grade_{};
};

std::string in_days(int days);  // "today", "tomorrow", "in 3 days"

}  // namespace runner
