// served.hpp: a server as a process of its own, whatever language it is written in. It gets
// the number of a descriptor as its last argument, and writes its port there when it listens.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"

namespace peers {

class Served {
 public:
  explicit Served(std::vector<std::string> command)
      : Served(std::move(command), Ends()) {}

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_.pid(); }

  // CPU time of all its threads until now, and of the processes that it started.
  std::int64_t cpu_ns() const {
    std::int64_t sum = clock_of(child_.pid());
    for (const pid_t worker : started_by(child_.pid())) sum += clock_of(worker);
    return sum;
  }

  // For one that has processes of its own to end.
  void end() {
    child_.kill(SIGTERM);
    child_.wait();
  }

 private:
  struct Ends {
    std::array<int, 2> fds{};
    Ends() { lab::check_errno(pipe2(fds.data(), O_CLOEXEC), "make a pipe"); }
  };

  Served(std::vector<std::string> command, Ends ends)
      : child_(start(std::move(command), ends.fds[1])) {
    close(ends.fds[1]);
    pollfd ready{ends.fds[0], POLLIN, 0};
    std::array<char, 16> bytes{};
    const bool told = poll(&ready, 1, 30'000) == 1 &&
                      read(ends.fds[0], bytes.data(), bytes.size() - 1) > 0;
    close(ends.fds[0]);
    if (!told) {
      child_.kill(SIGKILL);
      throw lab::Error("start a server", child_.wait().err);
    }
    port_ = static_cast<std::uint16_t>(std::stoi(bytes.data()));
  }

  static std::int64_t clock_of(pid_t pid) {
    clockid_t clock{};
    timespec now{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0) {
      throw lab::Error("read the server's clock", "it is gone");
    }
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  }

  static std::vector<pid_t> started_by(pid_t parent) {
    std::vector<pid_t> found;
    std::error_code gone;
    const std::string threads = fmt::format("/proc/{}/task", parent);
    for (const auto& thread : std::filesystem::directory_iterator(threads, gone)) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child = 0; children >> child;) found.push_back(child);
    }
    return found;
  }

  static lab::Child start(std::vector<std::string> command, int fd) {
    command.push_back(std::to_string(fd));
    return lab::Child::run(std::move(command),
                           {.deadline = std::chrono::minutes(5), .inherit = {fd}});
  }

  lab::Child child_;
  std::uint16_t port_ = 0;
};

// On the server's side, in C++.
inline void tell_port(const char* descriptor, int port) {
  const std::string text = std::to_string(port) + "\n";
  const int fd = std::stoi(descriptor);
  lab::check_errno(write(fd, text.data(), text.size()), "tell the port");
  close(fd);
}

}  // namespace peers
