#include "lab/postgres_server.hpp"

#include <fcntl.h>
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

#include "lab/error.hpp"
#include "lab/postgres.hpp"
#include "lab/program.hpp"
#include "service.hpp"

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

// The command as the server's user, with the folder as descriptor 9: it need not be able
// to reach the folder by its name. The death signal is set last, because a change of user
// clears it; SIGQUIT ends the server and all its processes at once.
std::vector<std::string> as_server(const fs::path& dir, std::vector<std::string> command,
                                   const std::string& redirect = "") {
  std::vector<std::string> all{
      "sh", "-c",          "cd / && exec 9<\"$0\" && exec setpriv \"$@\"" + redirect,
      dir,  "--pdeathsig", "QUIT"};
  if (geteuid() == 0) {
    all.insert(all.end(),
               {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  }
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

constexpr const char* kDataDir = "/proc/self/fd/9";

void init(const std::string& programs, const fs::path& dir) {
  fs::permissions(dir, fs::perms::owner_all);
  give_to_server(dir);
  Child initdb = Child::run(
      as_server(dir, {programs + "initdb", "-D", kDataDir, "-U", "lab", "--no-sync", "-A",
                      "trust", "-E", "UTF8", "--locale", "C", "--wal-segsize=1"}),
      {.deadline = 60s, .env = {{"LC_ALL", "C"}}});
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

// The server keeps a System V segment as a mark of its presence. Marked as removed, it
// goes with the last process that has it, even if that is killed.
void let_shared_memory_go(const fs::path& dir) {
  std::ifstream file(dir / "postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(file, line);
  std::istringstream words(line);
  unsigned long key = 0;
  int id = -1;
  if (words >> key >> id) shmctl(id, IPC_RMID, nullptr);
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
  std::vector<std::string> command{
      programs_ + "postgres",
      "-D",
      kDataDir,
      "-k",
      ".",
      "-c",
      "listen_addresses=",
      "-c",
      "fsync=off",
      "-c",
      "max_connections=" + std::to_string(options.max_connections)};
  for (const auto& [name, value] : options.settings) {
    command.insert(command.end(), {"-c", name + "=" + value});
  }
  child_.emplace(
      Child::run(as_server(dir, std::move(command), " >\"$0\"/log 2>&1"),
                 {.deadline = 24h, .capture = false, .env = {{"LC_ALL", "C"}}}));
  url_ = "host=" + dir.string() + " user=lab dbname=postgres";
  lab::wait_until_ready("PostgreSQL", *child_, dir / "log",
                        [this] { return PQping(url_.c_str()) == PQPING_OK; });
  let_shared_memory_go(dir);
}

PostgresServer::~PostgresServer() {
  if (!child_) return;
  child_->kill(SIGQUIT);  // SIGKILL, which ~Child sends, would leave its processes to see
  ends_within(child_->pid(), 5s);
}

}  // namespace lab
