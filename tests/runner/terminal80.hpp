// terminal80.hpp: a verb of the runner on a terminal of 80 columns, as a person has it.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "core/place.hpp"
#include "support/places.hpp"

namespace runner {

inline constexpr int kWidth = 80;
inline constexpr int kPatience = 30'000;  // ms without a byte

inline std::string without_colour(const std::string& text) {
  static const std::regex kEscapes("\x1b\\[[0-9;]*[A-Za-z]|\r");
  return std::regex_replace(text, kEscapes, "");
}

// A verb on a terminal of 80 columns: `words` are what is typed behind ./lab.
class Terminal80 {
 public:
  Terminal80(const Place& place, const std::filesystem::path& data,
             std::vector<std::string> words) {
    winsize size{.ws_row = 24, .ws_col = kWidth, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = forkpty(&fd_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    setenv("UNDERLOOP_ROOT", place.root.c_str(), 1);
    setenv("UNDERLOOP_BUILD", place.build.c_str(), 1);
    setenv("XDG_DATA_HOME", data.c_str(), 1);
    std::string program = lab::test::built("runner/underloop");
    std::vector<char*> argv{program.data()};
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  Terminal80(const Terminal80&) = delete;
  Terminal80& operator=(const Terminal80&) = delete;
  ~Terminal80() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(fd_);
  }

  // Reads on until it asks (true) or has ended (false); what was shown since the last time
  // is in shown().
  bool asks() { return shows(" > "); }

  bool shows(const std::string& end) {
    shown_.clear();
    while (!shown_.ends_with(end)) {
      std::array<char, 4096> bytes;
      pollfd source{fd_, POLLIN, 0};
      if (poll(&source, 1, kPatience) <= 0) {
        ADD_FAILURE() << "it says nothing more after:\n" << all_;
        return false;
      }
      const ssize_t size = read(fd_, bytes.data(), bytes.size());
      if (size <= 0) return false;  // a terminal whose last user has gone
      const std::string fresh =
          without_colour(std::string(bytes.data(), static_cast<std::size_t>(size)));
      shown_ += fresh;
      all_ += fresh;
    }
    return true;
  }

  void type(const std::string& text) {
    if (write(fd_, text.data(), text.size()) < 0) ADD_FAILURE() << "it cannot be typed";
  }

  int exit_code() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  const std::string& shown() const { return shown_; }
  const std::string& all() const { return all_; }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  std::string all_;
};

}  // namespace runner
