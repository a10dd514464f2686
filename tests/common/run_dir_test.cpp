// The folder of a run: whose it is, who may read it, and when it goes.
#include "lab/os/run_dir.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "lab/core/error.hpp"
#include "support/own_run.hpp"

namespace lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class RunDir : public testing::Test {
 protected:
  RunDir() {
    setenv("TMPDIR", folder_.path().c_str(), 1);
    unsetenv("LAB_RUN_DIR");
  }
  ~RunDir() override {
    unsetenv("TMPDIR");
    unsetenv("LAB_RUN_DIR");
  }
  fs::path base() const {
    return folder_.path() + "/underloop-" + std::to_string(geteuid());
  }
  static mode_t mode(const fs::path& path) {
    struct stat facts {};
    EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 0777;
  }

  const test::TempFolder folder_;
};

TEST_F(RunDir, IsMadeWhenItIsFirstAskedForAndForThisUserAlone) {
  const fs::path planned = plan_run_dir();
  EXPECT_FALSE(fs::exists(base()));
  EXPECT_EQ(planned.parent_path(), base());
  EXPECT_THAT(planned.filename(), StartsWith(std::to_string(getpid()) + "-"));
  EXPECT_EQ(run_dir(), planned);
  EXPECT_EQ(run_dir(), planned) << "asked again";
  EXPECT_EQ(mode(planned), 0700u);
  EXPECT_EQ(mode(base()), 0700u);
}

TEST_F(RunDir, IsTheSameForAChild) {
  const fs::path planned = plan_run_dir();
  const pid_t child = fork();
  if (child == 0) _exit(run_dir() == planned ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(RunDir, IsNotThereOutsideOfARun) {
  EXPECT_THROW(run_dir(), Error);
}

TEST_F(RunDir, GoesWithAllThatIsInIt) {
  const fs::path planned = plan_run_dir();
  fs::create_directories(run_dir() / "a" / "b");
  remove_run_dir(planned);
  EXPECT_FALSE(fs::exists(planned));
  remove_run_dir(planned);  // nothing to do
}

TEST_F(RunDir, IsNotMadeInAPlaceThatIsNotOurs) {
  plan_run_dir();
  std::ofstream(base()) << "a file";
  try {
    run_dir();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("(TMPDIR chooses another place): File exists"));
  }
  fs::remove(base());
  fs::create_directory_symlink(folder_.path(), base());  // to wherever somebody wants us
  EXPECT_THROW(run_dir(), Error);
  if (geteuid() != 0) GTEST_SKIP() << "the rest takes root";
  fs::remove(base());
  fs::create_directory(base());
  ASSERT_EQ(chown(base().c_str(), 65534, 65534), 0);
  EXPECT_THROW(run_dir(), Error);
}

// A pid comes again: only with its start time does it name a process.
TEST_F(RunDir, OfAProcessThatIsGoneIsSwept) {
  plan_run_dir();
  const fs::path ours = run_dir();
  const fs::path dead = base() / "999999999-1";
  const fs::path reused = base() / (std::to_string(getpid()) + "-1");
  const fs::path foreign = base() / "nodash";
  for (const fs::path& path : {dead, reused, foreign}) fs::create_directories(path / "x");
  sweep_run_dirs();
  EXPECT_TRUE(fs::exists(ours));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_FALSE(fs::exists(reused));
  EXPECT_TRUE(fs::exists(foreign)) << "not a run's";
}

// The kernel's line about a process holds its name, and that may hold anything.
TEST_F(RunDir, OfAProcessWithAnOddNameIsFoundToo) {
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream("/proc/self/comm") << "a) 1 (b";
    plan_run_dir();
    run_dir();
    sweep_run_dirs();
    _exit(fs::exists(run_dir()) && !fs::is_empty(base()) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  int left = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(base())) ++left;
  EXPECT_EQ(left, 1);
  sweep_run_dirs();
  EXPECT_TRUE(fs::is_empty(base()));
}

TEST_F(RunDir, IsInTmpWithoutTmpdir) {
  unsetenv("TMPDIR");
  EXPECT_THAT(plan_run_dir(), StartsWith("/tmp/underloop-"));
  setenv("TMPDIR", "", 1);
  EXPECT_THAT(plan_run_dir(), StartsWith("/tmp/underloop-"));
}

}  // namespace
}  // namespace lab
