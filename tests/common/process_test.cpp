// Child processes: how they end is told, they end in time, and they leave nothing behind.
#include "lab/os/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/os/proc.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

Child shell(const std::string& script, ChildOptions options = {}) {
  return Child::run({"sh", "-c", script}, std::move(options));
}

TEST(Child, TellsItsExitCodeAndWhatItWrote) {
  Child child = shell("echo out; echo err >&2; exit 3");
  const Exit& exit = child.wait();
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(exit.out, "out\n");
  EXPECT_EQ(exit.err, "err\n");
  EXPECT_FALSE(exit.ok());
}

TEST(Child, TellsTheSignalThatEndedIt) {
  Child child = shell("kill -SEGV $$");
  EXPECT_EQ(child.wait().signal, SIGSEGV);
  EXPECT_EQ(child.wait().code, -1);
}

TEST(Child, IsKilledAtItsDeadline) {
  Child child = shell("echo started; sleep 600", {.deadline = 1s});
  const Exit& exit = child.wait();
  EXPECT_TRUE(exit.timed_out);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.out, "started\n");
}

TEST(Child, IsKilledAtItsDeadlineThoughItNeverStopsWriting) {
  Child child = Child::run({"yes"}, {.deadline = 1s});
  const Exit& exit = child.wait();
  EXPECT_TRUE(exit.timed_out);
  EXPECT_THAT(exit.out, StartsWith("y\ny\n"));
}

TEST(Child, IsInTimeIfItEndedBeforeAnybodyAsked) {
  Child child = shell("echo done; echo well >&2", {.deadline = 1ms});
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT), 0);
  const auto later = std::chrono::steady_clock::now() + 2ms;
  while (std::chrono::steady_clock::now() < later) {
  }
  EXPECT_FALSE(child.wait().timed_out);
  EXPECT_EQ(child.wait().out, "done\n");
  EXPECT_EQ(child.wait().err, "well\n");
}

TEST(Child, MayWriteMoreThanAPipeHolds) {
  Child child = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  const Exit& exit = child.wait();
  EXPECT_EQ(exit.out.size(), 3'000'000u);
  EXPECT_EQ(exit.err.size(), 3'000'000u);
}

TEST(Child, IsNotWaitedForThroughAGrandchildThatHoldsItsOutput) {
  Child child = shell("sleep 600 & echo $!", {.deadline = 30s});
  const Exit& exit = child.wait();
  EXPECT_TRUE(exit.ok());
  ::kill(std::stoi(exit.out), SIGKILL);
}

TEST(Child, DiesWithItsObject) {
  pid_t pid = 0;
  {
    const Child child = shell("sleep 600");
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Child, DiesWithTheThreadThatStartedIt) {
  std::optional<Child> child;
  std::thread([&] { child.emplace(shell("sleep 600")); }).join();
  EXPECT_EQ(child->wait().signal, SIGKILL);
  EXPECT_FALSE(child->wait().timed_out);
}

TEST(Child, DiesWithTheThreadThatStartedItThoughItRunsAsAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root";
  std::optional<Child> child;
  std::thread([&] {
    child.emplace(Child::run({"sleep", "600"}, {.user = "nobody"}));
  }).join();
  EXPECT_EQ(child->wait().signal, SIGKILL);
  EXPECT_FALSE(child->wait().timed_out);
}

TEST(Child, GetsItsLastSignalEvenIfThisProcessIgnoresIt) {
  std::signal(SIGQUIT, SIG_IGN);  // as a shell does for what it starts in the background
  std::optional<Child> child;
  std::thread([&] {
    child.emplace(Child::run({"sleep", "600"}, {.last_signal = SIGQUIT}));
  }).join();
  EXPECT_EQ(child->wait().signal, SIGQUIT);
  std::signal(SIGQUIT, SIG_DFL);
}

TEST(Child, RunsAsTheUserAndInTheFolderItIsGiven) {
  Child child = Child::run({"pwd"}, {.folder = "/usr"});
  EXPECT_EQ(child.wait().out, "/usr\n");
  if (geteuid() != 0) GTEST_SKIP() << "the rest takes root";
  Child other = Child::run({"sh", "-c", "id -un; id -Gn"}, {.user = "nobody"});
  EXPECT_EQ(other.wait().out, "nobody\nnogroup\n");
}

TEST(Child, SaysWhichUserOrFolderThereIsNot) {
  EXPECT_THROW(Child::run({"true"}, {.folder = "/no-such-folder"}), Error);
  EXPECT_THROW(Child::run({"true"}, {.user = "no-such-user-here"}), Error);
}

TEST(Child, WritesAllItsOutputToTheDescriptorItIsGiven) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  Child child = shell("echo out; echo err >&2", {.capture = false, .output = ends[1]});
  EXPECT_TRUE(child.wait().ok());
  std::array<char, 64> bytes{};
  EXPECT_EQ(read(ends[0], bytes.data(), bytes.size()), 8);
  EXPECT_EQ(std::string(bytes.data(), 8), "out\nerr\n");
  for (const int fd : ends) close(fd);
}

TEST(Child, SaysWhatCouldNotBeStarted) {
  try {
    Child::run({"no-such-program-here"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("start no-such-program-here: No such file"));
  }
}

// Whatever we block or ignore: else a service could not be ended by SIGTERM.
TEST(Child, StartsWithNoSignalBlockedAndNoneOfTheseIgnored) {
  constexpr int kSignals[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
  for (const int signal : kSignals) std::signal(signal, SIG_IGN);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  Child child = shell(
      "exec sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(........\\)/\\2/p' /proc/self/status");
  const std::string told = child.wait().out;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  ASSERT_EQ(told.size(), 18u) << told;
  EXPECT_EQ(told.substr(0, 8), "00000000");
  const unsigned long ignored = std::stoul(told.substr(9), nullptr, 16);
  for (const int signal : kSignals) EXPECT_FALSE(ignored >> (signal - 1) & 1) << signal;
}

TEST(Child, ReadsNothingFromOurInput) {
  EXPECT_EQ(shell("readlink /proc/self/fd/0").wait().out, "/dev/null\n");
}

TEST(Child, TakesADeadlineThatIsAsGoodAsNone) {
  Child child = shell("echo done", {.deadline = std::chrono::hours(24 * 365)});
  EXPECT_EQ(child.wait().out, "done\n");
  EXPECT_FALSE(child.wait().timed_out);
}

TEST(Child, CanBeMovedAndIsStillThere) {
  Child first = shell("echo out; read line; exit 4", {.deadline = 30s});
  const pid_t pid = first.pid();
  Child second = std::move(first);
  EXPECT_EQ(second.pid(), pid);
  EXPECT_EQ(second.wait().code, 4);
  EXPECT_EQ(second.wait().out, "out\n");
}

TEST(Child, HearsASignalOnceItWaits) {
  Child child = shell("trap 'exit 9' USR1; kill -USR1 $$; exit 1");
  EXPECT_EQ(child.wait().code, 9);
  Child other = shell("sleep 600");
  other.kill(SIGTERM);
  EXPECT_EQ(other.wait().signal, SIGTERM);
}

TEST(Child, GetsTheVariablesItIsGiven) {
  Child child =
      shell("echo $COLOUR $HOME", {.env = {{"COLOUR", "red"}, {"HOME", "/nowhere"}}});
  EXPECT_EQ(child.wait().out, "red /nowhere\n");
}

TEST(Child, StaysWithinItsAddressSpace) {
  Child limited = shell("ulimit -v", {.address_space = 512 << 20});
  EXPECT_EQ(limited.wait().out, "524288\n");
}

TEST(Child, TellsItsPeakMemory) {
  Child child = shell("true");
  EXPECT_GT(child.wait().peak_rss_bytes, 100'000u);
}

TEST(Child, LeavesNoDescriptorOpen) {
  const int before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    shell("echo x").wait();
    EXPECT_THROW(Child::run({"no-such-program-here"}), Error);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Child, InheritsNoneOfOurPipes) {
  const std::string count = "ls /proc/self/fd | wc -l";
  const std::string alone = shell(count).wait().out;
  const Child other = shell("sleep 600");
  EXPECT_EQ(shell(count).wait().out, alone);
}

// As when it is built anew while it runs: its roles are parts of the program that runs.
TEST(Child, OfARoleIsStartedThoughItsProgramIsNoLongerThere) {
  const test::TempFolder folder;
  Child lab = Child::run({"bash", "-c",
                          "cp \"$0\" \"$1\" && exec 3<\"$1\" && rm \"$1\" && "
                          "exec /proc/self/fd/3 --scene both --json",
                          test::built("tests/small_lab"), folder.path() + "/copy"},
                         {.deadline = 30s, .env = {{"TMPDIR", folder.path()}}});
  EXPECT_THAT(lab.wait().out, HasSubstr("0 words")) << lab.wait().err;
}

// --- what the kernel knows of us ---

TEST(Child, HasTheDescriptorsItInheritsAndNoOthers) {
  std::array<int, 2> given{}, kept{};
  ASSERT_EQ(pipe2(given.data(), O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(kept.data(), O_CLOEXEC), 0);
  const auto script = [](int fd) {
    return "test -e /proc/self/fd/" + std::to_string(fd);
  };
  EXPECT_TRUE(shell(script(given[1]), {.inherit = {given[1]}}).wait().ok());
  EXPECT_FALSE(shell(script(kept[1]), {.inherit = {given[1]}}).wait().ok());
  for (const int fd : {given[0], given[1], kept[0], kept[1]}) close(fd);
}

TEST(Proc, CountsThreadsAndDescriptors) {
  const int threads = thread_count();
  const int descriptors = open_descriptors();
  std::atomic<bool> done = false;
  std::thread other([&] { done.wait(false); });
  const int pipe_end = dup(0);
  EXPECT_EQ(thread_count(), threads + 1);
  EXPECT_EQ(open_descriptors(), descriptors + 1);
  close(pipe_end);
  done = true;
  done.notify_all();
  other.join();
}

TEST(Proc, CountsExactlyTheDescriptorsThatAreOpen) {
  int open = 0;
  for (int fd = 0; fd < 4096; ++fd) open += fcntl(fd, F_GETFD) != -1;
  EXPECT_EQ(open_descriptors(), open);
}

TEST(Proc, CountsAThreadsCpuTimeAsTheKernelDoes) {
  const auto kernels = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  std::thread([&] {
    for (int i = 0; i < 3; ++i) {
      const auto until = thread_cpu_time() + 20ms;
      while (thread_cpu_time() < until) {
      }
      const auto before = kernels();
      const auto ours = thread_cpu_time();
      EXPECT_GE(ours, before - 10ms);  // the kernel's sum may lag by a tick
      EXPECT_LE(ours, kernels() + 10ms);
    }
  }).join();
}

TEST(Proc, CountsTheCpuTimeOfAllThreadsAndOfOne) {
  const auto before = cpu_time();
  const auto own_before = thread_cpu_time();
  std::thread([] {
    while (thread_cpu_time() < 20ms) {
    }
  }).join();
  const auto own = thread_cpu_time() - own_before;
  EXPECT_GE(cpu_time() - before, 15ms);
  EXPECT_LT(own, 20ms);  // to start a thread and to join it is not its work
}

TEST(Proc, NamesThreadsAsTheKernelDoes) {
  EXPECT_EQ(thread_id(), getpid());  // the first thread
  int other = 0;
  std::thread([&] { other = thread_id(); }).join();
  EXPECT_NE(other, getpid());
}

TEST(Proc, SeesMemoryThatIsUsed) {
  const std::size_t before = resident_bytes();
  std::vector<char> memory(64 << 20, 'x');
  EXPECT_GT(resident_bytes(), before + (48u << 20));
  EXPECT_GE(peak_resident_bytes(), resident_bytes() - (1u << 20));
  EXPECT_EQ(resident_bytes(1 << 30), 0u);  // no such process
  EXPECT_GT(resident_bytes(getpid()), before + (48u << 20));
}

TEST(Proc, SeesTheMostThatAProcessHasUsedAfterItWasGivenBack) {
  { std::vector<char> memory(64 << 20, 'x'); }
  EXPECT_GT(peak_resident_bytes(getpid()), 64u << 20);
  EXPECT_LE(peak_resident_bytes(getpid()), peak_resident_bytes() + (16u << 20));
  EXPECT_EQ(peak_resident_bytes(1 << 30), 0u);
}

// Our own count leaves out the descriptor that it counts with.
TEST(Proc, CountsDescriptorsOfAnyProcess) {
  const int before = open_descriptors();
  const Descriptor one(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(open_descriptors(), before + 1);
  EXPECT_EQ(open_descriptors(getpid()), open_descriptors() + 1);
  EXPECT_EQ(open_descriptors(1 << 30), 0);
}

}  // namespace
}  // namespace lab
