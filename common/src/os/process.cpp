#include "lab/os/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "lab/core/error.hpp"

extern char** environ;

namespace lab {

namespace {

using Clock = std::chrono::steady_clock;

// Both ends of a pipe, closed with it.
struct Pipe {
  std::array<int, 2> ends{-1, -1};

  Pipe() { check_errno(pipe2(ends.data(), O_CLOEXEC), "make a pipe"); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  int reading() const { return ends[0]; }
  int writing() const { return ends[1]; }
  int take_reading() { return std::exchange(ends[0], -1); }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Ours, with the option's entries in front: the first of a name counts.
std::vector<std::string> environment(const ChildOptions& options) {
  std::vector<std::string> all;
  for (const auto& [name, value] : options.env) all.push_back(name + "=" + value);
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::ranges::any_of(
        options.env, [&](const auto& other) { return other.first == name; });
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

// Everything the child needs, made before the fork: after it, only calls that are safe in
// a signal handler.
struct Start {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> envp;
  pid_t parent;
  int out;
  int err;
  int failed;  // where an errno is written if it cannot be started
  const ChildOptions& options;
  const passwd* user;  // whom it becomes; nullptr: nobody else
};

// nullptr: nobody in particular. The system's own record, valid until the next call.
const passwd* find_user(const std::string& name) {
  if (name.empty()) return nullptr;
  const passwd* user = getpwnam(name.c_str());
  if (!user) throw Error("start a program as " + name, "there is no such user");
  return user;
}

bool become_user(const passwd& user) {
  return setgroups(0, nullptr) == 0 && setgid(user.pw_gid) == 0 &&
         setuid(user.pw_uid) == 0;
}

[[noreturn]] void tell_failure(const Start& start) {
  const int cause = errno;
  const auto written = write(start.failed, &cause, sizeof cause);
  _exit(written == sizeof cause ? 127 : 126);
}

// The tie to the parent comes last, because a change of user undoes it; and then we look
// whether the parent is there, because it may have died before we could ask.
[[noreturn]] void become(const Start& start) {
  const ChildOptions& options = start.options;
  for (const int signal : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP})
    std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  if (start.out >= 0) {
    dup2(start.out, STDOUT_FILENO);
    dup2(start.err, STDERR_FILENO);
  }
  for (const int fd : options.inherit) fcntl(fd, F_SETFD, 0);
  if (options.address_space) {
    const rlimit limit{options.address_space, options.address_space};
    setrlimit(RLIMIT_AS, &limit);
  }
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) tell_failure(start);
  if (start.user && !become_user(*start.user)) tell_failure(start);
  prctl(PR_SET_PDEATHSIG, options.last_signal);
  if (getppid() != start.parent) _exit(127);
  execvpe(start.program.c_str(), start.argv.data(), start.envp.data());
  tell_failure(start);
}

// Throws if exec failed; returns once it has succeeded (the pipe closes on exec).
void check_started(Pipe& failed, pid_t pid, const std::string& program) {
  close(std::exchange(failed.ends[1], -1));
  int cause = 0;
  ssize_t size;
  do {
    size = read(failed.reading(), &cause, sizeof cause);
  } while (size == -1 && errno == EINTR);
  if (size != sizeof cause) return;
  waitpid(pid, nullptr, 0);
  errno = cause;
  check_errno(-1, "start " + program);
}

}  // namespace

Child Child::run(std::vector<std::string> argv, ChildOptions options) {
  std::vector<std::string> env = environment(options);
  std::optional<Pipe> out, err;
  if (options.capture) {
    out.emplace();
    err.emplace();
  }
  Pipe failed;
  const Start start{.program = argv.at(0),
                    .argv = pointers(argv),
                    .envp = pointers(env),
                    .parent = getpid(),
                    .out = out ? out->writing() : options.output,
                    .err = err ? err->writing() : options.output,
                    .failed = failed.writing(),
                    .options = options,
                    .user = find_user(options.user)};
  Child child;
  child.deadline_ = Clock::now() + options.deadline;
  const pid_t pid = fork();
  check_errno(pid, "start " + start.program);
  if (pid == 0) become(start);
  check_started(failed, pid, start.program);
  child.pid_ = pid;
  child.gone_ = static_cast<int>(
      check_errno(syscall(SYS_pidfd_open, pid, 0), "watch " + start.program));
  if (out) {
    child.out_ = out->take_reading();
    child.err_ = err->take_reading();
  }
  return child;
}

Child Child::role(std::string name, std::vector<std::string> args, ChildOptions options) {
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  // Built anew since it started: then still the one that runs.
  if (!std::filesystem::exists(self)) self = "/proc/self/exe";
  std::vector<std::string> argv{self, "--role", std::move(name)};
  argv.insert(argv.end(), args.begin(), args.end());
  return run(std::move(argv), std::move(options));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      gone_(std::exchange(other.gone_, -1)),
      deadline_(other.deadline_),
      exit_(std::move(other.exit_)),
      so_far_(std::move(other.so_far_)) {
}

Child::~Child() {
  if (pid_ && !exit_) {
    kill(SIGKILL);
    reap();
  }
  for (const int fd : {out_, err_, gone_}) {
    if (fd >= 0) close(fd);
  }
}

void Child::kill(int signal) {
  if (pid_ && !exit_) ::kill(pid_, signal);
}

const Exit& Child::wait() {
  if (exit_) return *exit_;
  Happened happened = Happened::output;
  while (happened == Happened::output) happened = read_some();
  if (happened == Happened::deadline) {
    so_far_.timed_out = true;
    kill(SIGKILL);
  }
  reap();
  // What is in the pipes now is all that the child wrote. A grandchild may go on.
  drain(out_, so_far_.out);
  drain(err_, so_far_.err);
  exit_->out = std::move(so_far_.out);
  exit_->err = std::move(so_far_.err);
  return *exit_;
}

// Asks about the end first and the deadline next: else whoever never stops writing would
// put both off.
Child::Happened Child::read_some() {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
  const int timeout =
      static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
  std::array<pollfd, 3> sources = {
      {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {gone_, POLLIN, 0}}};
  poll(sources.data(), sources.size(), timeout);  // interrupted: nothing is ready
  if (sources[2].revents) return Happened::end;
  if (left.count() <= 0) return Happened::deadline;
  if (sources[0].revents) take(out_, so_far_.out);
  if (sources[1].revents) take(err_, so_far_.err);
  return Happened::output;
}

// True if there was something; closes the pipe at its end.
bool Child::take(int& fd, std::string& into) {
  std::array<char, 16384> bytes;
  const ssize_t size = read(fd, bytes.data(), bytes.size());
  if (size <= 0) {
    close(std::exchange(fd, -1));
    return false;
  }
  into.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

// Takes what is there now.
void Child::drain(int& fd, std::string& into) {
  int left = 0;
  if (fd < 0 || ioctl(fd, FIONREAD, &left) == -1) return;
  const std::size_t end = into.size() + static_cast<std::size_t>(left);
  while (into.size() < end && take(fd, into)) {
  }
}

void Child::reap() {
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) == -1 && errno == EINTR) {
  }
  Exit exit;
  exit.timed_out = so_far_.timed_out;
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
  exit.peak_rss_bytes = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  exit_ = std::move(exit);
}

}  // namespace lab
