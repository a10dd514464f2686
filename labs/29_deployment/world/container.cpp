#include "world/container.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"

namespace lab29 {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using lab::Child;

namespace {

constexpr std::string_view kPrefix = "underloop-29-";
const fs::path kGroups = "/sys/fs/cgroup";

Args operator+(Args args, const Args& more) {
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

bool ends_within(const Child& child, std::chrono::milliseconds time) {
  const lab::Descriptor gone(static_cast<int>(syscall(SYS_pidfd_open, child.pid(), 0)));
  pollfd source{gone.get(), POLLIN, 0};
  return poll(&source, 1, static_cast<int>(time.count())) == 1;
}

std::string first_child_of(const Child& child) {
  std::string pid;
  std::ifstream(fmt::format("/proc/{0}/task/{0}/children", child.pid())) >> pid;
  return pid;
}

// What follows is PID 1 of namespaces of its own, and ends with its parent.
Args apart(const Args& command) {
  const Args root{"unshare", "--pid", "--fork", "--kill-child"};
  return (geteuid() == 0 ? root : root + Args{"--user", "--map-root-user"}) + command;
}

void remove_group(const fs::path& group) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(group, none)) {
    if (entry.is_directory(none)) remove_group(entry);
  }
  fs::remove(group, none);
}

// Version 2 has one tree of control groups, version 1 one for each controller.
void remove_groups(pid_t ours) {
  std::error_code none;
  std::vector<fs::path> trees{kGroups};
  for (const auto& entry : fs::directory_iterator(kGroups, none)) trees.push_back(entry);
  for (const fs::path& tree : trees) {
    for (const auto& entry : fs::directory_iterator(tree, none)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(kPrefix)) continue;
      const pid_t owner = std::atoi(name.c_str() + kPrefix.size());
      if (owner == ours || kill(owner, 0) != 0) remove_group(entry);
    }
  }
}

}  // namespace

fs::path app_file(std::string_view name) {
  return fs::read_symlink("/proc/self/exe").parent_path() / "../labs/29_app" / name;
}

long number_of(std::string_view told) {
  long number = 0;
  const auto [at, error] =
      std::from_chars(told.data(), told.data() + told.size(), number);
  if (error != std::errc{} || at != told.data() + told.size() || number < 0)
    throw lab::Error("read a number", told.substr(0, 80));
  return number;
}

std::string Containers::why_no_podman() {
  const lab::Exit exit =
      Child::run(
          {"sh", "-ec",
           // Root first: podman of another user leaves folders of its own.
           "test $(id -u) = 0 || { echo this user is not root >&2; false; };"
           "for each in podman runc catatonit; do $each --version >&2; done;"
           "unshare --mount --pid --fork --mount-proc true;"
           "cd /sys/fs/cgroup; test -w memory/cgroup.procs ||"
           "grep -q memory cgroup.subtree_control || { echo no cgroup >&2; false; }"})
          .wait();
  std::string why = "podman does not start";
  std::istringstream lines(exit.err);
  for (std::string line; std::getline(lines, line);) why = line;
  return exit.ok() ? "" : why;
}

bool Containers::namespaces_allowed() {
  return Child::run(apart({"--uts", "true"})).wait().ok();
}

Containers::Containers(By by) : by_(by), group_(fmt::format("{}{}", kPrefix, getpid())) {
  if (by_ != By::process) remove_groups(0);
  if (by_ != By::podman) return;
  start_keeper();
  import_base();
}

Containers::~Containers() {
  if (keeper_) {
    kill(std::stoi(inside_), SIGKILL);  // PID 1: the kernel kills all others in there
    keeper_->wait();
  }
  if (by_ != By::process) remove_groups(getpid());
}

// All that podman and runc keep goes to /run: theirs is empty, short to name, and has no
// systemd in it that they would talk to.
void Containers::start_keeper() {
  keeper_.emplace(Child::run(
      apart({"--mount", "--mount-proc", "sh", "-ec",
             "mount -t tmpfs none /run; touch /run/ready; exec sleep infinity"}),
      {.deadline = 24h}));
  do {
    if (ends_within(*keeper_, 5ms))
      throw lab::Error("start a container", keeper_->wait().err);
    inside_ = first_child_of(*keeper_);
  } while (!fs::exists("/proc/" + inside_ + "/root/run/ready"));
}

std::string Containers::podman(const Args& args) {
  const Args inside{"nsenter", "--target", inside_, "--mount", "--pid"};
  const Args engine{"podman", "--root=/run/root", "--runroot=/run/run",
                    "--tmpdir=/run/tmp"};
  const lab::ChildOptions options{
      .deadline = 30s,
      .env = {{"CONTAINERS_CONF", app_file("containers.conf")},
              {"HOME", "/run"},
              {"TMPDIR", "/run"}}};
  const lab::Exit exit = Child::run(inside + engine + args, options).wait();
  if (!exit.ok()) throw lab::Error("podman " + args[0], exit.err);
  return exit.out.substr(0, exit.out.find_last_not_of('\n') + 1);
}

// What the app is linked with: the libraries, and the loader.
void Containers::import_base() {
  const fs::path archive = lab::run_dir() / "base.tar";
  const lab::Exit packed =
      Child::run({"sh", "-c", "tar -chf $0 $(ldd $1 | grep -o '/[^ ]*')", archive,
                  app_file("app")})
          .wait();
  if (!packed.ok()) throw lab::Error("pack the app's libraries", packed.err);
  podman({"import", "--quiet", archive, "localhost/base"});
}

Image Containers::build(const std::string& stamp) {
  const fs::path context = lab::run_dir() / "context", app = context / "app";
  fs::create_directories(context);
  fs::copy_file(app_file("app"), app, fs::copy_options::overwrite_existing);
  std::ofstream(app, std::ios::app) << stamp;
  podman({"build", "--quiet", "--tag=localhost/app", "--file", app_file("Containerfile"),
          context});
  std::istringstream told(
      podman({"image", "inspect", "--format", "{{.Size}} {{index .RootFS.Layers 0}}",
              "localhost/app", "localhost/base"}));
  std::string bytes, base, bytes_of_base;
  told >> bytes >> base >> bytes_of_base;
  return {number_of(bytes), number_of(bytes) - number_of(bytes_of_base), base};
}

std::string Containers::start_container(const Args& args) {
  return podman(Args{"run", "--detach", "--network=none", "--cgroup-parent=/" + group_} +
                args);
}

Served Containers::serve(std::string_view on_sigterm, bool init) {
  if (by_ != By::podman) return serve_process(on_sigterm);
  const std::string id =
      start_container({fmt::format("--init={}", init),
                       fmt::format("--env=ON_SIGTERM={}", on_sigterm), "localhost/app"});
  const std::string greeting = podman({"exec", id, "/app", "ask", "/"});
  podman({"stop", "--time", "1", id});
  return {greeting, number_of(podman({"wait", id}))};
}

Served Containers::serve_process(std::string_view on_sigterm) {
  const auto port = lab::loopback::port_of(lab::loopback::listen());
  const lab::ChildOptions options{
      .env = {{"PORT", std::to_string(port)}, {"ON_SIGTERM", std::string(on_sigterm)}}};
  const bool alone = by_ == By::process;
  Args command{app_file("app")};
  if (!alone) command = apart({"--uts", "sh", "-c", "hostname box; exec $0"}) + command;
  Child child = Child::run(command, options);
  const std::string greeting =
      Child::run({app_file("app"), "ask", "/"}, options).wait().out;
  const pid_t pid =
      alone ? child.pid() : static_cast<pid_t>(number_of(first_child_of(child)));
  kill(pid, SIGTERM);
  const bool obeys = ends_within(child, 1s);
  if (!obeys) kill(pid, SIGKILL);
  const lab::Exit& exit = child.wait();
  return {greeting, !obeys ? 128 + SIGKILL : exit.signal ? 128 + exit.signal : exit.code};
}

std::optional<long> Containers::fill() {
  const Args fill{app_file("app"), "fill", "100"};
  if (by_ == By::process) return Child::run(fill).wait().code;
  if (by_ == By::podman) {
    return number_of(
        podman({"wait", start_container({"--memory=60m", "--memory-swap=60m",
                                         "localhost/app", "/app", "fill", "100"})}));
  }
  // By hand, and by version 1: the shell goes into a group that has the limit.
  const char* script =
      "mkdir $0; echo 60M >$0/memory.limit_in_bytes; echo 0 >$0/cgroup.procs;"
      "\"$@\" && echo 0 || echo $?";
  const lab::Exit exit =
      Child::run(Args{"sh", "-ec", script, kGroups / "memory" / group_} + fill).wait();
  if (!exit.ok()) return std::nullopt;
  return std::stol(exit.out);
}

std::pair<long, long> Containers::play(const fs::path& manifest) {
  const auto copies = [this] {
    return std::ranges::count(podman({"ps", "--filter", "name=-app", "--format", ";"}),
                              ';');
  };
  podman({"play", "kube", "--network=none", manifest});
  const auto running = copies();
  podman({"play", "kube", "--down", manifest});
  return {running, copies()};
}

}  // namespace lab29
