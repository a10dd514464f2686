#include "core/lab_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "lab/core/error.hpp"

namespace runner {

namespace {

constexpr std::chrono::milliseconds kPatience{2000};  // between asking and killing
constexpr int kPipe = 1 << 20;

struct Pipe {
  int read_end;
  int write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  lab::check_errno(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  return {ends[0], ends[1]};
}

void close_fd(int& fd) {
  if (fd != -1) close(std::exchange(fd, -1));
}

// Between fork and exec: only what is safe there.
[[noreturn]] void become(char** argv, pid_t parent, int in, const Pipe& out,
                         const Pipe& err) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before we could ask
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(in == -1 ? open("/dev/null", O_RDONLY) : in, STDIN_FILENO);
  dup2(out.write_end, STDOUT_FILENO);
  dup2(err.write_end, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0u, 0);  // sockets of ours that are not O_CLOEXEC
  execv(argv[0], argv);
  const char* why = strerrordesc_np(errno);
  if (write(STDERR_FILENO, why, std::char_traits<char>::length(why)) < 0) _exit(126);
  _exit(127);
}

}  // namespace

LabProcess::LabProcess(const std::filesystem::path& program,
                       std::span<const std::string> args, Input input) {
  std::string path = program;
  std::vector<std::string> copies(args.begin(), args.end());
  std::vector<char*> argv{path.data()};
  for (std::string& arg : copies) argv.push_back(arg.data());
  argv.push_back(nullptr);
  lab::check_errno(access(path.c_str(), X_OK), "start " + path);

  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  Pipe in = input == Input::lines ? make_pipe() : Pipe{-1, -1};
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(argv.data(), parent, in.read_end, out, err);
  close(out.write_end);
  close(err.write_end);
  close_fd(in.read_end);
  in_ = in.write_end;
  out_ = out.read_end;
  err_ = err.read_end;
  lab::check_errno(pid_, "start " + path);
  if (in_ != -1) fcntl(in_, F_SETFL, O_NONBLOCK);
  fcntl(out_, F_SETFL, O_NONBLOCK);
  fcntl(out_, F_SETPIPE_SZ, kPipe);  // at best: it waits for us less often
  fcntl(err_, F_SETFL, O_NONBLOCK);
  exit_fd_ = static_cast<int>(
      lab::check_errno(syscall(SYS_pidfd_open, pid_, 0), "watch the lab's process"));
}

LabProcess::~LabProcess() {
  stop();
  close_fd(in_);
  close_fd(out_);
  close_fd(err_);
}

bool LabProcess::pump(std::chrono::milliseconds wait, const Line& on_line, int other) {
  if (pid_ == -1) return false;
  std::array<pollfd, 4> sources = {
      {{exit_fd_, POLLIN, 0}, {out_, POLLIN, 0}, {err_, POLLIN, 0}, {other, POLLIN, 0}}};
  if (poll(sources.data(), sources.size(), static_cast<int>(wait.count())) <= 0)
    return true;
  const bool ended = sources[0].revents != 0;
  // What it wrote before it ended is in the pipes now: read them until they are empty.
  do {
    if (!read_lines(on_line)) break;
  } while (ended);
  do {
    if (!read_errors()) break;
  } while (ended);
  if (!ended) return true;
  if (!pending_.empty()) on_line(std::exchange(pending_, {}));
  reap();
  return false;
}

// False when there is nothing more to read now.
bool LabProcess::read_lines(const Line& on_line) {
  std::array<char, 65536> bytes;
  const ssize_t size = out_ == -1 ? 0 : read(out_, bytes.data(), bytes.size());
  if (size == 0) close_fd(out_);
  if (size <= 0) return false;
  pending_.append(bytes.data(), static_cast<std::size_t>(size));
  hand_over(on_line);
  return true;
}

void LabProcess::hand_over(const Line& on_line) {
  std::string_view rest = pending_;
  for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;) {
    on_line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (rest.size() > kLongestLine) {
    on_line(rest);
    rest = {};
  }
  pending_.erase(0, pending_.size() - rest.size());
}

bool LabProcess::read_errors() {
  std::array<char, 4096> bytes;
  const ssize_t size = err_ == -1 ? 0 : read(err_, bytes.data(), bytes.size());
  if (size == 0) close_fd(err_);
  if (size <= 0) return false;
  errors_.append(bytes.data(), static_cast<std::size_t>(size));
  if (errors_.size() > kErrorsKept) errors_.erase(0, errors_.size() - kErrorsKept);
  return true;
}

// Short lines: a pipe takes them whole or not at all. REQUIRES: SIGPIPE is ignored.
bool LabProcess::write_line(std::string line) {
  line += '\n';
  return in_ != -1 &&
         write(in_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void LabProcess::send(int signal) {
  if (pid_ != -1) kill(pid_, signal);
}

void LabProcess::stop() {
  if (pid_ == -1) return;
  kill(pid_, SIGTERM);
  pollfd ended = {exit_fd_, POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(kPatience.count())) == 0) kill(pid_, SIGKILL);
  reap();
}

void LabProcess::reap() {
  while (waitpid(pid_, &status_, 0) == -1 && errno == EINTR) {
  }
  pid_ = -1;
  close_fd(exit_fd_);
}

int LabProcess::exit_code() const {
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 0;
}

int LabProcess::signal() const {
  return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
}

}  // namespace runner
