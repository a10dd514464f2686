// on_terminal.hpp: a terminal of 24 lines and 80 columns, and what a program shows on it.
#pragma once

#include <string>
#include <vector>

namespace lab::test {

class OnTerminal {
 public:
  static constexpr int kRows = 24;
  static constexpr int kColumns = 80;

  OnTerminal();
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal();

  // The program's end: where its output goes.
  int theirs() const { return theirs_; }

  // All that was written on it, once the started program and its children have ended.
  std::string shown();

 private:
  int ours_ = -1;
  int theirs_ = -1;
};

// The lines that stay, in order, of a text without colour that erases lines above itself.
std::vector<std::string> lines_on_screen(const std::string& shown);

}  // namespace lab::test
