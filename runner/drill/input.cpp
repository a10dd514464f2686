#include "drill/input.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lab/core/error.hpp"

namespace runner {

namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

LineInput::LineInput() {
  const sigset_t set = ending_signals();
  signals_ = static_cast<int>(lab::check_errno(
      signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "watch for Ctrl-C"));
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

LineInput::~LineInput() {
  signal();  // one that waits has been obeyed
  close(signals_);
  const sigset_t set = ending_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

int LineInput::signal() {
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == sizeof info) {
    came_ = static_cast<int>(info.ssi_signo);
  }
  return came_;
}

std::optional<std::string> LineInput::line() {
  for (;;) {
    if (signal()) return std::nullopt;
    const std::size_t end = pending_.find('\n');
    if (end != std::string::npos) return take(end, end + 1);
    if (ended_) {
      if (pending_.empty()) return std::nullopt;
      return take(pending_.size(), pending_.size());
    }
    if (!refill()) ended_ = true;
  }
}

bool LineInput::wait(std::chrono::milliseconds patience) {
  const auto ready = [this] {
    return signal() || ended_ || pending_.find('\n') != std::string::npos;
  };
  if (!ready() && !refill(static_cast<int>(patience.count()))) ended_ = true;
  return ready();
}

std::string LineInput::take(std::size_t size, std::size_t with_its_end) {
  std::string line = pending_.substr(0, std::min(size, kLongestLine));
  pending_.erase(0, with_its_end);
  return line;
}

// False at the end of the input. Also returns when a signal came.
bool LineInput::refill(int patience) {
  std::array<pollfd, 2> sources = {{{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}}};
  if (poll(sources.data(), sources.size(), patience) < 0) return errno == EINTR;
  if (sources[1].revents || !sources[0].revents) return true;
  std::array<char, 4096> bytes;
  const ssize_t size = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  if (size == 0) return false;
  // A line without end must not fill the memory: what is past the limit is let go.
  std::string_view fresh(bytes.data(), static_cast<std::size_t>(size));
  if (pending_.size() > kLongestLine && pending_.find('\n') == std::string::npos) {
    fresh.remove_prefix(std::min(fresh.find('\n'), fresh.size()));
  }
  pending_ += fresh;
  return true;
}

}  // namespace runner
