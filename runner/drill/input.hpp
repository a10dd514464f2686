// input.hpp: lines from standard input, until it ends or the user wants to stop.
//
// Ctrl-C and SIGTERM end the waiting, not the process, for as long as this object lives:
// so that what was answered can be summed up.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace runner {

class LineInput {
 public:
  static constexpr std::size_t kLongestLine = 4096;  // longer ones are cut there

  LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;
  ~LineInput();

  // Nothing at the end of the input, and once a signal came.
  std::optional<std::string> line();

  // Whether line() has something to say at once; waits for it that long.
  bool wait(std::chrono::milliseconds patience);

  // The signal that came, or 0.
  int signal();

  // Becomes readable with the signal.
  int signal_fd() const { return signals_; }

 private:
  bool refill(int patience = -1);
  std::string take(std::size_t size, std::size_t with_its_end);

  int signals_;
  int came_ = 0;
  bool ended_ = false;
  std::string pending_;
};

}  // namespace runner
