#include "lab/os/guard.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr int kGuards = 2;
constexpr const char* kName = "lab-guard";
constexpr int kParent = STDERR_FILENO + 1;  // where a guard keeps the pidfd of its parent

// The signal that carries another one down to the work: SIGKILL can be passed on like this,
// and a signal that somebody sends to a guard by mistake means nothing.
int relay() {
  return SIGRTMIN;
}

struct Plan {
  const std::function<int()>& work;
  const std::function<void()>& orphaned;
  sigset_t signals{};           // those that the caller has blocked
  std::array<char, 16> name{};  // the caller's
  std::array<Descriptor, kGuards + 1>
      parents{};  // pidfds, each made by the parent itself
};

int open_pid(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

[[noreturn]] void play(Plan& plan, pid_t guard) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // sooner than the other guard can do it
  if (getppid() != guard) _exit(128 + SIGKILL);
  plan.parents = {};
  prctl(PR_SET_NAME, plan.name.data());
  sigprocmask(SIG_SETMASK, &plan.signals, nullptr);
  std::exit(plan.work());
}

// Ends as the process below has ended, so that its status is seen above, unchanged.
[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  prctl(PR_SET_DUMPABLE, 0);  // one core is enough
  const int signal = WTERMSIG(status);
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  kill(getpid(), signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  _exit(128 + signal);
}

void pass_on(pid_t below, bool is_guard, int signal) {
  if (is_guard) {
    sigqueue(below, relay(), {.sival_int = signal});
  } else {
    kill(below, signal);
  }
}

// Reaps who has ended, adopted ones too; the status of the one below, if it is among them.
std::optional<int> reap(pid_t below) {
  std::optional<int> ended;
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == below) ended = status;
  }
  return ended;
}

// Holds nothing of the caller's: whoever reads a pipe of the work sees its end in time.
void let_go(const Descriptor& parent) {
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  dup2(parent.get(), kParent);
  close_range(kParent + 1, ~0u, 0);
}

// Returns how the process below ended; nothing if the one above is gone.
std::optional<int> watch(pid_t below, bool is_guard) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGCHLD, relay()}) sigaddset(&signals, signal);
  const int signal_fd = signalfd(-1, &signals, SFD_NONBLOCK);
  std::array<pollfd, 2> sources = {{{kParent, POLLIN, 0}, {signal_fd, POLLIN, 0}}};
  for (;;) {
    if (const auto ended = reap(below)) return ended;
    poll(sources.data(), sources.size(), -1);
    if (sources[0].revents) return std::nullopt;
    signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof info) == sizeof info) {
      const bool relayed = info.ssi_signo == static_cast<unsigned>(relay());
      if (relayed) pass_on(below, is_guard, info.ssi_int);
    }
  }
}

pid_t start(Plan& plan, int guards);

[[noreturn]] void stand_guard(Plan& plan, int guards) {
  if (guards == kGuards) setpgid(0, 0);
  prctl(PR_SET_NAME, kName);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t below = start(plan, guards - 1);
  let_go(plan.parents.at(static_cast<std::size_t>(guards)));
  if (below == -1) _exit(127);
  const auto ended = watch(below, guards > 1);
  end_descendants();
  if (ended) end_like(*ended);
  if (plan.orphaned) plan.orphaned();
  _exit(128 + SIGKILL);
}

// Forks the first of so many guards, or the work; -1 with errno if that fails. A pidfd that
// the parent opened before the fork tells the child of the parent's death, whenever it was.
pid_t start(Plan& plan, int guards) {
  const pid_t parent = getpid();
  Descriptor& pidfd = plan.parents.at(static_cast<std::size_t>(guards));
  pidfd.reset(open_pid(parent));
  if (pidfd.get() == -1) return -1;
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (guards > 0) stand_guard(plan, guards);
  play(plan, parent);
}

// Our children, and those we have adopted. The kernel may leave one out while others end.
std::optional<std::vector<pid_t>> children() {
  std::ifstream list(fmt::format("/proc/self/task/{}/children", getpid()));
  if (!list) return std::nullopt;
  std::vector<pid_t> all;
  for (pid_t pid; list >> pid;) all.push_back(pid);
  return all;
}

bool is_guard(pid_t pid) {
  std::string name;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
  return name == kName;
}

// A guard is told to kill its work, and ends once it has killed the rest: killed itself, it
// would be missing if the one who did it were the next to die.
bool end(pid_t pid) {
  if (!is_guard(pid)) return kill(pid, SIGKILL) == 0;
  pass_on(pid, true, SIGKILL);
  return true;
}

}  // namespace

// The children of a killed child become ours, so this goes down level by level.
void end_descendants() {
  while (waitpid(-1, nullptr, WNOHANG) != -1) {  // -1: nobody is left
    const auto all = children();
    if (!all) return;  // a kernel without CONFIG_PROC_CHILDREN
    bool killed = false;
    for (const pid_t pid : *all) killed = end(pid) || killed;
    if (killed) {
      waitpid(-1, nullptr, 0);
    } else if (all->empty()) {
      poll(nullptr, 0, 1);
    } else {
      return;  // none of them may we kill
    }
  }
}

Guarded::Guarded(const std::function<int()>& work,
                 const std::function<void()>& orphaned) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // should the guards be killed, we adopt the rest
  Plan plan{.work = work, .orphaned = orphaned};
  prctl(PR_GET_NAME, plan.name.data());
  sigset_t all;
  sigfillset(&all);
  std::fflush(nullptr);
  sigprocmask(SIG_SETMASK, &all, &plan.signals);
  guard_ = start(plan, kGuards);
  const int cause = errno;
  sigprocmask(SIG_SETMASK, &plan.signals, nullptr);
  errno = cause;
  check_errno(guard_, "start a process");
  ended_.reset(static_cast<int>(check_errno(open_pid(guard_), "watch a process")));
}

Guarded::~Guarded() {
  if (guard_ == 0) return;
  send(SIGKILL);
  wait();
}

void Guarded::send(int signal) {
  if (guard_ != 0) pass_on(guard_, true, signal);
}

int Guarded::wait() {
  if (guard_ == 0) return status_;
  while (waitpid(guard_, &status_, 0) == -1 && errno == EINTR) {
  }
  guard_ = 0;
  end_descendants();
  return status_;
}

}  // namespace lab
