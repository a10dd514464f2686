// services.cpp: one Redis and one PostgreSQL that all labs of a terminal share.
//
//   ./lab services up      starts them, and prints the lines that a shell needs
//   ./lab services env     prints these lines again: eval "$(./lab services env)"
//   ./lab services down    ends them
//
// A program of its own: ./lab itself needs neither hiredis nor libpq.
//
// Lifetime  A keeper in the background holds them. It ends when it is told to, or with the
//           terminal's session; and they end with it, even if it is killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "lab/error.hpp"
#include "lab/postgres_server.hpp"
#include "lab/program.hpp"
#include "lab/redis_server.hpp"
#include "lab/run_dir.hpp"
#include "run_dir.hpp"

namespace {

namespace fs = std::filesystem;

int open_pid(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

// In the keeper's folder; named after the session, so that each terminal finds its own.
std::string lines_name() {
  return fmt::format("services.{}", getsid(0));
}

struct Keeper {
  pid_t pid = 0;
  std::string lines{};
};

std::optional<Keeper> find_keeper() {
  lab::sweep_run_dirs();  // those of keepers that were killed
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(lab::plan_run_dir().parent_path(), none)) {
    std::ifstream file(entry.path() / lines_name());
    if (!file) continue;
    return Keeper{std::stoi(entry.path().filename()),
                  {std::istreambuf_iterator<char>(file), {}}};
  }
  return std::nullopt;
}

// Returns when it is told to end or the session is over.
void wait_for_end() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  std::array<pollfd, 2> sources = {{{signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0},
                                    {open_pid(getsid(0)), POLLIN, 0}}};
  poll(sources.data(), sources.size(), -1);
}

void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

void let_go_of_terminal() {
  setpgid(0, 0);  // Ctrl-C is meant for others
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
}

// What the keeper tells who started it: an exit code, and a line for people or a shell.
void tell(int to, int code, const std::string& text) {
  const std::string message = static_cast<char>(code) + text;
  [[maybe_unused]] const auto written = write(to, message.data(), message.size());
  close(to);
}

void keep(int started) {
  let_go_of_terminal();
  block_signals();
  const fs::path dir = lab::plan_run_dir();
  try {
    const lab::RedisServer redis;
    const lab::PostgresServer postgres({.always_own = true});
    const std::string lines =
        fmt::format("export LAB_REDIS_URL='{}'\nexport LAB_POSTGRES_URL='{}'\n",
                    redis.url(), postgres.url());
    std::ofstream(lab::run_dir() / lines_name()) << lines;
    tell(started, 0, lines);
    wait_for_end();
  } catch (const lab::Absent& absent) {
    tell(started, 77, absent.what());
  } catch (const std::exception& error) {
    tell(started, 1, error.what());
  }
  lab::remove_run_dir(dir);
}

int up() {
  if (const auto keeper = find_keeper()) {
    fmt::print("{}", keeper->lines);
    return 0;
  }
  unsetenv("LAB_REDIS_URL");
  std::array<int, 2> ends{};
  lab::check_errno(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  const pid_t pid = fork();
  lab::check_errno(pid, "start the keeper");
  if (pid == 0) {
    close(ends[0]);
    keep(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  std::string told;
  std::array<char, 512> bytes{};
  for (ssize_t size; (size = read(ends[0], bytes.data(), bytes.size())) > 0;) {
    told.append(bytes.data(), static_cast<std::size_t>(size));
  }
  if (told.empty()) throw lab::Error("start the services", "the keeper was killed");
  const int code = told[0];
  fmt::print(code ? stderr : stdout, "{}{}{}", code ? "lab: " : "", told.substr(1),
             code ? "\n" : "");
  if (isatty(STDOUT_FILENO) && code == 0) {
    fmt::print("# for this shell: eval \"$(./lab services env)\"\n");
  }
  return code;
}

int env() {
  const auto keeper = find_keeper();
  if (!keeper) throw lab::Error("services env", "none are up: ./lab services up");
  fmt::print("{}", keeper->lines);
  return 0;
}

int down() {
  const auto keeper = find_keeper();
  if (!keeper) {
    fmt::print("no services are up\n");
    return 0;
  }
  const int fd = open_pid(keeper->pid);
  kill(keeper->pid, SIGTERM);
  pollfd source{fd, POLLIN, 0};
  if (fd >= 0 && poll(&source, 1, 10'000) == 0) {
    throw lab::Error("services down", "they did not end in 10 s");
  }
  fmt::print("unset LAB_REDIS_URL LAB_POSTGRES_URL\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "up") return up();
  if (what == "env") return env();
  if (what == "down") return down();
  fmt::print(stderr, "lab: services up, services env or services down\n");
  return 2;
} catch (const std::exception& error) {
  fmt::print(stderr, "lab: {}\n", error.what());
  return 1;
}
