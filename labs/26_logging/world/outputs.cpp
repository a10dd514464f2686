#include "world/outputs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>

#include "lab/core/error.hpp"
#include "lab/core/program.hpp"

namespace lab26 {

using namespace std::chrono_literals;

Output open_file(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return {{}, lab::Descriptor(static_cast<int>(lab::check_errno(fd, "open " + path)))};
}

Output open_pipe(int capacity) {
  std::array<int, 2> ends;
  lab::check_errno(pipe2(ends.data(), O_CLOEXEC), "open a pipe");
  if (capacity) {
    lab::check_errno(fcntl(ends[1], F_SETPIPE_SZ, capacity), "set the pipe's size");
  }
  return {lab::Descriptor(ends[0]), lab::Descriptor(ends[1])};
}

Output open_terminal() {
  termios raw{};  // so that as many bytes are read as were written
  cfmakeraw(&raw);
  int reader = -1, writer = -1;
  if (openpty(&reader, &writer, nullptr, &raw, nullptr) < 0)
    throw lab::Absent("needs a pseudo terminal: mount -t devpts devpts /dev/pts");
  return {lab::Descriptor(reader), lab::Descriptor(writer)};
}

namespace {

// How often the kernel has taken the thread off its core; empty if it is not asleep.
std::string sleep_of(pid_t thread) {
  std::ifstream status(fmt::format("/proc/{}/status", thread));
  std::string switches;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:") && line.find('S', 6) == line.npos) return "";
    if (line.find("ctxt_switches") != line.npos) switches += line;
  }
  return switches;
}

}  // namespace

Outcome outcome(const std::future<void>& calls, pid_t thread) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string before = sleep_of(thread);
    if (calls.wait_for(100ms) == std::future_status::ready) return Outcome::returned;
    if (!before.empty() && before == sleep_of(thread)) return Outcome::asleep;
  }
  throw lab::Error("watch a writer", "it neither returned nor slept for 20 s");
}

std::string read_all(int fd, const std::future<void>& writer) {
  std::string text;
  std::array<char, 65'536> some;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    // First asked, then read: what was written before the end is not missed.
    const bool is_last = writer.wait_for(0s) == std::future_status::ready;
    pollfd readable{fd, POLLIN, 0};
    if (poll(&readable, 1, 10) > 0 && (readable.revents & POLLIN)) {
      const ssize_t got = read(fd, some.data(), some.size());
      text.append(some.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    } else if (is_last) {
      return text;
    }
  }
  throw lab::Error("read the log", "its writer has not ended after 20 s");
}

}  // namespace lab26
