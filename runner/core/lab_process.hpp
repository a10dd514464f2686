// lab_process.hpp: a lab's program as a child, read line by line while it runs.
//
// Lifetime  The child ends with this object, and with this process however that ends.
// Errors    A program that cannot be started throws lab::Error.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace runner {

class LabProcess {
 public:
  using Line = std::function<void(std::string_view)>;

  static constexpr std::size_t kLongestLine = 4u << 20;  // longer ones are cut there
  static constexpr std::size_t kErrorsKept = 16u << 10;  // the end of what it complained

  enum class Input { none, lines };

  LabProcess(const std::filesystem::path& program, std::span<const std::string> args,
             Input input = Input::none);
  LabProcess(const LabProcess&) = delete;
  LabProcess& operator=(const LabProcess&) = delete;
  ~LabProcess();

  // Waits at most so long, hands over the lines that came, and answers whether it still
  // runs. Also returns early when `other` becomes readable (-1: no such descriptor).
  bool pump(std::chrono::milliseconds wait, const Line& on_line, int other = -1);

  // A line for its standard input; false if it does not take it now.
  bool write_line(std::string line);

  void send(int signal);
  pid_t pid() const { return pid_; }  // -1 once it has ended

  // Asks it to end, then makes it.
  void stop();

  // Once it has ended: its exit code, or 0 and the signal that killed it.
  int exit_code() const;
  int signal() const;

  // What it wrote to standard error; the last kErrorsKept bytes of it.
  const std::string& errors() const { return errors_; }

 private:
  bool read_lines(const Line& on_line);
  bool read_errors();
  void hand_over(const Line& on_line);
  void reap();

  pid_t pid_ = -1;
  int exit_fd_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  int status_ = 0;
  std::string pending_;
  std::string errors_;
};

}  // namespace runner
