// services.cpp: one Redis, one PostgreSQL and one RabbitMQ that all labs of a terminal share.
// RabbitMQ only where its packages are: it takes seconds to start, and few labs need it.
//
//   ./lab services up      starts them, and prints the lines that a shell needs
//   ./lab services env     prints these lines again: eval "$(./lab services env)"
//   ./lab services down    ends them
//
// A program of its own: ./lab itself needs neither hiredis nor libpq.
//
// Lifetime  A keeper in the background holds them (core/kept_run.hpp). It ends when it is told
//           to, or with the terminal's session; and they end with it, even if it is killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "core/kept_run.hpp"
#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/db/postgres_server.hpp"
#ifdef LAB_HAS_AMQP
#include "lab/db/rabbit_server.hpp"
#endif
#include "lab/db/redis_server.hpp"
#include "lab/os/run_dir.hpp"

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

void let_go_of_terminal() {
  setpgid(0, 0);  // Ctrl-C is meant for others
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
}

// What is told to the process that waits for the services: an exit code, a line for people or
// a shell, and a zero. The zero is its end, because the keeper has the pipe open too.
void tell(int to, int code, const std::string& text) {
  const std::string message = static_cast<char>(code) + text + '\0';
  [[maybe_unused]] const auto written = write(to, message.data(), message.size());
}

// Empty if the keeper ended before it told anything.
std::string hear(int from) {
  std::string told;
  std::array<char, 512> bytes{};
  for (ssize_t size; (size = read(from, bytes.data(), bytes.size())) > 0;) {
    told.append(bytes.data(), static_cast<std::size_t>(size));
    if (told.size() > 1 && told.back() == '\0') {
      told.pop_back();
      return told;
    }
  }
  return {};
}

// Empty where there is no RabbitMQ to start.
std::string rabbit_line() {
#ifdef LAB_HAS_AMQP
  try {
    static const lab::RabbitServer rabbit;
    return fmt::format("export LAB_AMQP_URL='{}'\n", rabbit.url());
  } catch (const lab::Absent&) {
  }
#endif
  return {};
}

// The work of the keeper: holds the servers until it is asked to end.
int serve(int started) {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigprocmask(SIG_BLOCK, &end, nullptr);
  try {
    const lab::RedisServer redis;
    const lab::PostgresServer postgres({.always_own = true});
    const std::string lines =
        fmt::format("export LAB_REDIS_URL='{}'\nexport LAB_POSTGRES_URL='{}'\n",
                    redis.url(), postgres.url()) +
        rabbit_line();
    std::ofstream(lab::run_dir() / lines_name()) << lines;
    tell(started, 0, lines);
    int signal = 0;
    sigwait(&end, &signal);
  } catch (const lab::Absent& absent) {
    tell(started, 77, absent.what());
  } catch (const std::exception& error) {
    tell(started, 1, error.what());
  }
  return 0;
}

[[noreturn]] void keep(int started) {
  let_go_of_terminal();
  const int session = open_pid(getsid(0));
  runner::in_kept_run([&] { return serve(started); }, session);
  _exit(0);
}

int up() {
  if (const auto keeper = find_keeper()) {
    fmt::print("{}", keeper->lines);
    return 0;
  }
  unsetenv("LAB_REDIS_URL");
  unsetenv("LAB_AMQP_URL");
  std::array<int, 2> ends{};
  lab::check_errno(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  const pid_t pid = fork();
  lab::check_errno(pid, "start the keeper");
  if (pid == 0) {
    close(ends[0]);
    keep(ends[1]);
  }
  close(ends[1]);
  const std::string told = hear(ends[0]);
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
  fmt::print("unset LAB_REDIS_URL LAB_POSTGRES_URL LAB_AMQP_URL\n");
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
