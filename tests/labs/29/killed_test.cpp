// Lab 29's containers when the lab is killed: their processes leave their parents, and so
// must be found in another way.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/wait_until.hpp"
#include "world/container.hpp"

namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

using Pids = std::set<std::string>;

// The processes whose environment names the folder, of one name or of all.
Pids processes_of(const std::string& folder, const std::string& name = {}) {
  Pids pids;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != pid.npos) continue;
    if (contents(entry.path() / "environ").find(folder) == std::string::npos) continue;
    if (name.empty() || contents(entry.path() / "comm") == name + "\n") pids.insert(pid);
  }
  return pids;
}

Pids children_of(const Pids& parents) {
  Pids children;
  for (const std::string& pid : parents) {
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    children.insert(std::istream_iterator<std::string>(list), {});
  }
  return children;
}

std::set<std::string> groups() {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& tree : fs::directory_iterator("/sys/fs/cgroup", none)) {
    for (const auto& entry : fs::directory_iterator(tree, none)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("underloop-29-")) names.insert(name);
    }
  }
  return names;
}

std::set<std::string> dead_groups() {
  std::set<std::string> names;
  for (const std::string& name : groups()) {
    if (kill(std::stoi(name.substr(name.rfind('-') + 1)), 0) != 0) names.insert(name);
  }
  return names;
}

TEST(KilledContainers, LeaveNoProcessAndTheNextRunSweeps) {
  const std::string missing = lab29::Containers::why_no_podman();
  if (!missing.empty()) GTEST_SKIP() << missing;
  const lab::test::TempFolder folder;
  const auto start = [&] {
    return lab::Child::run(
        {lab::test::built("labs/29_deployment"), "--quick", "--all", "--scene",
         "containers"},
        {.deadline = std::chrono::seconds(90), .env = {{"TMPDIR", folder.path()}}});
  };
  Pids inside;  // the keeper's PID 1 adopts conmon, whose child is PID 1 of the container
  {
    lab::Child lab = start();
    lab::test::wait_until(
        "a container runs",
        [&] {
          inside = children_of(children_of(processes_of(folder.path(), "sleep")));
          return !inside.empty();
        },
        [] { usleep(2000); });
    lab.kill(SIGKILL);
  }
  ASSERT_THAT(inside, testing::Not(IsEmpty()));
  lab::test::wait_until(
      "its processes have ended", [&] { return processes_of(folder.path()).empty(); },
      [] { usleep(5000); });
  for (const std::string& pid : inside) EXPECT_FALSE(fs::exists("/proc/" + pid)) << pid;

  const auto left = dead_groups();
  EXPECT_EQ(start().wait().code, 0);
  for (const std::string& name : left) EXPECT_FALSE(groups().contains(name)) << name;
  EXPECT_THAT(processes_of(folder.path()), IsEmpty());
  std::set<std::string> files;  // each engine's own, too
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    files.insert(entry.path().filename());
  EXPECT_THAT(files, testing::ElementsAre("underloop-" + std::to_string(geteuid())));
}

}  // namespace
