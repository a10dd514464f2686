#include "core/kept_run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>

#include "lab/core/error.hpp"
#include "lab/os/guard.hpp"
#include "lab/os/run_dir.hpp"

namespace runner {

namespace {

constexpr int kPatience = 3000;  // ms between asking and killing

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

int tried(const std::function<int()>& work) try {
  return work();
} catch (const std::exception& error) {
  fmt::print(stderr, "lab: {}\n", error.what());
  return 1;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Waits until the work has ended; the signal that stopped it, or 0.
int stopped_by(lab::Guarded& work, int until) {
  const sigset_t signals = stop_signals();
  const lab::Descriptor told(static_cast<int>(lab::check_errno(
      signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "wait for signals")));
  std::array<pollfd, 3> sources = {
      {{work.ended(), POLLIN, 0}, {told.get(), POLLIN, 0}, {until, POLLIN, 0}}};
  for (int stopped = 0;;) {
    if (poll(sources.data(), sources.size(), stopped ? kPatience : -1) == -1) continue;
    if (sources[0].revents) return stopped;
    signalfd_siginfo info{};
    info.ssi_signo =
        SIGTERM;  // as it is asked by `until`, and in the end by our patience
    if (sources[1].revents && read(told.get(), &info, sizeof info) == -1) continue;
    if (sources[2].revents) sources[2].fd = -1;
    work.send(stopped ? SIGKILL : SIGTERM);
    if (!stopped) stopped = static_cast<int>(info.ssi_signo);
  }
}

}  // namespace

int in_kept_run(const std::function<int()>& work, int until) {
  lab::sweep_run_dirs();
  const auto folder = lab::plan_run_dir();
  const sigset_t signals = stop_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  int code = 0;
  {
    lab::Guarded guarded(
        [&] {
          sigprocmask(SIG_SETMASK, &before, nullptr);
          return tried(work);
        },
        [&] { lab::remove_run_dir(folder); });
    const int signal = stopped_by(guarded, until);
    const int status = guarded.wait();
    code = signal ? 128 + signal : code_of(status);
  }
  lab::remove_run_dir(folder);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return code;
}

}  // namespace runner
