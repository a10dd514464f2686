#include "lab/os/run_dir.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "lab/core/error.hpp"

namespace lab {

namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "LAB_RUN_DIR";

// One folder for each user, so that runs of different users never meet.
fs::path base() {
  const char* tmp = std::getenv("TMPDIR");
  return fs::path(tmp && *tmp ? tmp : "/tmp") / fmt::format("underloop-{}", geteuid());
}

// When the process was started, in clock ticks since boot; empty if there is no such
// process. With the pid it names a process for good, though pids come again.
std::string started(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  const std::string line{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = line.rfind(')');  // the name may hold spaces
  if (name_end == std::string::npos) return {};
  std::string_view rest(line);
  rest.remove_prefix(name_end + 2);
  for (int field = 3; field < 22; ++field) {
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  }
  return std::string(rest.substr(0, rest.find(' ')));
}

void make_private(const fs::path& dir) {
  if (mkdir(dir.c_str(), 0700) == 0) return;
  const int cause = errno;
  struct stat facts {};
  const bool ours = cause == EEXIST && lstat(dir.c_str(), &facts) == 0 &&
                    S_ISDIR(facts.st_mode) && facts.st_uid == geteuid();
  if (ours) return;
  errno = cause;
  check_errno(-1,
              fmt::format("make the temporary folder {} (TMPDIR chooses another place)",
                          dir.string()));
}

}  // namespace

fs::path run_dir() {
  const char* path = std::getenv(kVariable);
  if (!path) throw Error("find this run's folder", "no lab is running");
  make_private(base());
  make_private(path);
  return path;
}

fs::path plan_run_dir() {
  const std::string pid = std::to_string(getpid());
  const fs::path path = base() / (pid + "-" + started(pid));
  setenv(kVariable, path.c_str(), 1);
  return path;
}

void sweep_run_dirs() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(base(), ignored)) {
    const std::string name = entry.path().filename();
    const std::size_t dash = name.find('-');
    if (dash == std::string::npos) continue;
    const bool alive = started(name.substr(0, dash)) == name.substr(dash + 1);
    if (!alive) fs::remove_all(entry.path(), ignored);
  }
}

void remove_run_dir(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace lab
