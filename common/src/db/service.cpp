#include "db/service.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "lab/core/error.hpp"
#include "lab/os/run_dir.hpp"

namespace lab {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string given_url(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

fs::path service_dir(const std::string& name, std::string_view socket) {
  static std::atomic<int> count = 0;
  const std::string number = std::to_string(++count);
  // The pid: a lab's other processes share the run's folder.
  const fs::path dir = run_dir() / (name + "-" + std::to_string(getpid()) + "-" + number);
  if (dir.native().size() + 1 + socket.size() >= sizeof(sockaddr_un::sun_path)) {
    throw Error("make a socket in " + dir.string(),
                "the path is too long (TMPDIR chooses another place)");
  }
  std::error_code failed;
  fs::create_directory(dir, failed);
  if (failed) throw Error("make " + dir.string(), failed.message());
  return dir;
}

namespace {

std::string last_line(const fs::path& log) {
  std::ifstream file(log);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

void wait_until_ready(const std::string& name, const Child& server, const fs::path& log,
                      const std::function<bool()>& is_ready,
                      std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!is_ready()) {
    if (ends_within(server.pid(), 2ms)) {
      throw Error("start " + name, "it ended at once: " + last_line(log));
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error("start " + name, "it did not get ready in " +
                                       std::to_string(patience.count()) +
                                       " s: " + last_line(log));
    }
  }
}

bool ends_within(pid_t pid, std::chrono::milliseconds time) {
  const int fd = static_cast<int>(
      check_errno(syscall(SYS_pidfd_open, pid, 0), "watch a server of ours"));
  pollfd source{fd, POLLIN, 0};
  const bool ended = poll(&source, 1, static_cast<int>(time.count())) > 0;
  close(fd);
  return ended;
}

}  // namespace lab
