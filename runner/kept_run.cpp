#include "kept_run.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>

#include "lab/error.hpp"
#include "run_dir.hpp"

namespace runner {

namespace {

sigset_t awaited() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  return signals;
}

[[noreturn]] void play_worker(const std::function<int()>& work, pid_t keeper,
                              const sigset_t& mask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) _exit(127);  // it died before we could ask
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  int code = 1;
  try {
    code = work();
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab: {}\n", error.what());
  }
  std::fflush(nullptr);
  _exit(code);
}

// Reaps who has ended; the worker's status goes to `ended`. False: nobody is left.
bool reap(pid_t worker, std::optional<int>& ended) {
  int status = 0;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == worker) ended = status;
  }
  return pid == 0;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int keep(pid_t worker) {
  const sigset_t signals = awaited();
  std::optional<int> ended;
  int stopped_by = 0;
  // Who is left ten seconds after the worker is left alone.
  for (int patience = 10; reap(worker, ended) && patience > 0;) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == -1 && ended) --patience;
    if (signal <= 0 || signal == SIGCHLD) continue;
    stopped_by = signal;
    kill(worker, SIGKILL);
  }
  return stopped_by ? 128 + stopped_by : code_of(ended.value_or(1 << 8));
}

}  // namespace

int in_kept_run(const std::function<int()>& work) {
  lab::sweep_run_dirs();
  const auto folder = lab::plan_run_dir();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const sigset_t signals = awaited();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t keeper = getpid();
  std::fflush(nullptr);
  const pid_t worker = fork();
  lab::check_errno(worker, "start a worker");
  if (worker == 0) play_worker(work, keeper, before);
  const int code = keep(worker);
  lab::remove_run_dir(folder);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return code;
}

}  // namespace runner
