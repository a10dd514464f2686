#include "lab/db/postgres_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "db/service.hpp"
#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/db/postgres.hpp"
#include "lab/os/descriptor.hpp"

namespace lab {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* kInstall = "sudo apt install postgresql";
constexpr const char* kSocket = ".s.PGSQL.5432";

// Debian keeps its programs out of $PATH, in a folder for each version: the newest one.
std::string find_programs() {
  std::error_code none;
  int newest = 0;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    if (!fs::exists(entry.path() / "bin/postgres", none)) continue;
    newest = std::max(newest, std::atoi(entry.path().filename().c_str()));
  }
  if (newest) return "/usr/lib/postgresql/" + std::to_string(newest) + "/bin/";
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string dir; std::getline(path, dir, ':');) {
    const bool whole =
        fs::exists(fs::path(dir) / "postgres") && fs::exists(fs::path(dir) / "initdb");
    if (whole) return dir + "/";
  }
  throw Absent(std::string("PostgreSQL is not installed: ") + kInstall);
}

// The server's user: ours, or the package's if we are root.
void give_to_server(const fs::path& dir) {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam("postgres");
  if (!user) throw Absent(std::string("there is no user postgres: ") + kInstall);
  check_errno(chown(dir.c_str(), user->pw_uid, user->pw_gid),
              "give away " + dir.string());
}

// The data folder, open: the server's user need not be able to reach it by its name.
class DataFolder {
 public:
  explicit DataFolder(const fs::path& dir)
      : folder_(static_cast<int>(
            check_errno(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                        "open " + dir.string()))) {}

  std::string name() const { return fmt::format("/proc/self/fd/{}", folder_.get()); }
  int descriptor() const { return folder_.get(); }

 private:
  Descriptor folder_;
};

// For a program of the server's, as its user. SIGQUIT ends the server and all its processes
// at once; SIGKILL would leave them to find out.
ChildOptions as_server(const DataFolder& data) {
  return {.env = {{"LC_ALL", "C"}},
          .inherit = {data.descriptor()},
          .folder = "/",
          .user = geteuid() == 0 ? "postgres" : "",
          .last_signal = SIGQUIT};
}

void init(const std::string& programs, const fs::path& dir) {
  fs::permissions(dir, fs::perms::owner_all);
  give_to_server(dir);
  const DataFolder data(dir);
  ChildOptions options = as_server(data);
  options.deadline = 60s;
  Child initdb =
      Child::run({programs + "initdb", "-D", data.name(), "-U", "lab", "--no-sync", "-A",
                  "trust", "-E", "UTF8", "--locale", "C", "--wal-segsize=1"},
                 std::move(options));
  const Exit& exit = initdb.wait();
  if (exit.ok()) return;
  throw Error("initdb", exit.timed_out ? "it took more than 60 s"
                                       : exit.err.substr(0, exit.err.find('\n')));
}

// $XDG_CACHE_HOME/underloop or ~/.cache/underloop; empty if there is no such place.
fs::path cache_dir() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path dir;
  if (cache && *cache == '/') dir = fs::path(cache) / "underloop";
  if (dir.empty() && home && *home == '/') dir = fs::path(home) / ".cache/underloop";
  std::error_code failed;
  if (!dir.empty()) fs::create_directories(dir, failed);
  return failed || access(dir.c_str(), W_OK) != 0 ? fs::path() : dir;
}

// Makes the template if it is missing; whoever comes at the same time waits.
void make_template(const std::string& programs, const fs::path& dir) {
  const int lock = static_cast<int>(check_errno(
      open((dir.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600),
      "lock the cache folder"));
  flock(lock, LOCK_EX);  // until it is closed
  try {
    if (!fs::exists(dir)) {
      const fs::path half = dir.string() + ".new";
      fs::remove_all(half);
      fs::create_directory(half);
      init(programs, half);
      fs::rename(half, dir);  // so it is there whole or not at all
    }
  } catch (...) {
    close(lock);
    throw;
  }
  close(lock);
}

// A fresh data folder: a copy of the template; without one, initdb's own.
void fill(const std::string& programs, const fs::path& dir) {
  const fs::path cache = cache_dir();
  if (cache.empty()) return init(programs, dir);
  Child version = Child::run({programs + "postgres", "--version"});
  const std::string text = version.wait().out;  // "postgres (PostgreSQL) 15.18 (...)"
  const std::string number = text.substr(0, text.find('.'));
  const fs::path made =
      cache / ("postgres-" + number.substr(number.rfind(' ') + 1) + "-1");
  make_template(programs, made);
  Child copy =
      Child::run({"cp", "-a", "--reflink=auto", made / ".", dir}, {.deadline = 60s});
  if (!copy.wait().ok()) throw Error("copy " + made.string(), copy.wait().err);
}

// The server keeps a System V segment as a mark of its presence, and writes its id down
// once it is attached. Marked as removed, it goes with the last process that has it, even
// if that is killed.
void let_shared_memory_go(const fs::path& dir) {
  std::ifstream file(dir / "postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(file, line);
  std::istringstream words(line);
  unsigned long key = 0;
  int id = -1;
  if (!file.eof() && words >> key >> id) shmctl(id, IPC_RMID, nullptr);
}

}  // namespace

PostgresServer::PostgresServer(PostgresOptions options)
    : url_(options.always_own ? "" : given_url("LAB_POSTGRES_URL")) {
  if (url_.empty()) {
    start(options);
    return;
  }
  try {
    Postgres connection(url_);
    connection.query("SELECT 1");
  } catch (const Error& error) {
    throw Error("LAB_POSTGRES_URL", error.what());
  }
}

void PostgresServer::start(const PostgresOptions& options) {
  programs_ = find_programs();
  const fs::path dir = service_dir("postgres", kSocket);
  fill(programs_, dir);
  const DataFolder data(dir);
  const Descriptor log(static_cast<int>(check_errno(
      open((dir / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "write the server's log")));
  std::vector<std::string> command{programs_ + "postgres", "-D", data.name(), "-k", "."};
  for (const char* setting :
       {"listen_addresses=", "fsync=off",
        "dynamic_shared_memory_type=mmap"}) {  // in its folder, not left in /dev/shm
    command.insert(command.end(), {"-c", setting});
  }
  command.insert(command.end(),
                 {"-c", "max_connections=" + std::to_string(options.max_connections)});
  for (const auto& [name, value] : options.settings) {
    command.insert(command.end(), {"-c", name + "=" + value});
  }
  ChildOptions as = as_server(data);
  as.deadline = 24h;
  as.capture = false;
  as.output = log.get();
  child_.emplace(Child::run(std::move(command), std::move(as)));
  url_ = "host=" + dir.string() + " user=lab dbname=postgres";
  lab::wait_until_ready("PostgreSQL", *child_, dir / "log", [this, &dir] {
    let_shared_memory_go(dir);  // as early as it can be: we may be killed at any moment
    return PQping(url_.c_str()) == PQPING_OK;
  });
}

PostgresServer::~PostgresServer() {
  if (!child_) return;
  child_->kill(SIGQUIT);  // SIGKILL, which ~Child sends, would leave its processes to see
  ends_within(child_->pid(), 5s);
}

}  // namespace lab
