// Guards: whoever is killed, and whatever a descendant did to get away, nobody is left.
#include "lab/os/guard.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "lab/os/descriptor.hpp"
#include "lab/os/proc.hpp"
#include "support/own_run.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;

// A pipe whose writing end each descendant has: it is at its end once the last is gone.
class LastOne {
 public:
  LastOne() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    reading_.reset(ends[0]);
    writing_.reset(ends[1]);
  }

  void let_go() { writing_.reset(); }
  int writing_end() const { return writing_.get(); }

  bool is_gone() {
    let_go();
    pollfd source{reading_.get(), POLLIN, 0};
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      if (poll(&source, 1, 100) == 0) continue;
      std::array<char, 64> bytes{};
      if (read(reading_.get(), bytes.data(), bytes.size()) == 0) return true;
    }
    return false;
  }

  // The pids of a run, told by its work.
  struct Pids {
    pid_t caller, outer_guard, inner_guard, work;
  };
  void tell(const Pids& pids) const {
    EXPECT_EQ(write(writing_.get(), &pids, sizeof pids), ssize_t{sizeof pids});
  }
  Pids hear() const {
    Pids pids{};
    EXPECT_EQ(read(reading_.get(), &pids, sizeof pids), ssize_t{sizeof pids});
    return pids;
  }

 private:
  Descriptor reading_, writing_;
};

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; file >> word;) {
    if (word == "PPid:" && file >> pid) return pid;
  }
  return 0;
}

[[noreturn]] void wait_for_ever() {
  for (;;) pause();
}

// As a daemon does it, two generations deep, and its parents end at once: none of the three
// ever asks to be ended with anybody.
void start_a_daemon() {
  if (const pid_t first = fork()) {
    waitpid(first, nullptr, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  setsid();
  if (fork() != 0) wait_for_ever();
  wait_for_ever();
}

// A caller in a process of its own, as a lab's program is, whose work starts a daemon.
pid_t start_caller(const LastOne& last, const std::function<void()>& orphaned = {}) {
  const pid_t caller = fork();
  if (caller != 0) return caller;
  setpgid(0, 0);
  Guarded guarded(
      [&] {
        start_a_daemon();
        const pid_t inner = getppid(), outer = parent_of(inner);
        last.tell({parent_of(outer), outer, inner, getpid()});
        wait_for_ever();
        return 0;
      },
      orphaned);
  guarded.wait();
  _exit(0);
}

// Adopts what the guards would miss: else it would outlive a failed test.
class Guards : public testing::Test {
 protected:
  Guards() { prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Guards() override { end_descendants(); }
};

TEST_F(Guards, ReturnTheExitCodeOfTheWork) {
  Guarded guarded([] { return 42; });
  const int status = guarded.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(guarded.wait(), status) << "asked again";
}

// Also if their caller ignores that signal.
TEST_F(Guards, ReturnTheSignalThatEndedTheWork) {
  for (const int signal : {SIGKILL, SIGTERM, SIGSEGV}) {
    const auto ours = signal == SIGKILL ? SIG_DFL : std::signal(signal, SIG_IGN);
    Guarded guarded([&] {
      std::signal(signal, SIG_DFL);  // a sanitizer has its own for SIGSEGV
      kill(getpid(), signal);
      return 0;
    });
    const int status = guarded.wait();
    if (signal != SIGKILL) std::signal(signal, ours);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
  }
}

TEST_F(Guards, PassEverySignalOnToTheWorkAlone) {
  for (const int signal : {SIGINT, SIGHUP, SIGKILL}) {
    Guarded guarded([signal] {
      std::signal(signal, SIG_DFL);  // nohup and a shell's & have it ignored
      wait_for_ever();
      return 0;
    });
    guarded.send(signal);
    EXPECT_EQ(WTERMSIG(guarded.wait()), signal);
  }
}

TEST_F(Guards, LeaveTheWorkTheDescriptorsAndTheThreadsOfItsCaller) {
  const auto facts = [] { return 10 * open_descriptors() + thread_count(); };
  const int ours = facts();
  Guarded guarded([&] { return facts() == ours ? 0 : 1; });
  EXPECT_EQ(WEXITSTATUS(guarded.wait()), 0);
}

// The name is the one that ps shows; the signals are those that are blocked.
TEST_F(Guards, LeaveTheWorkAndItsCallerTheirNameAndTheirSignals) {
  const auto facts = [] {
    std::array<char, 16> name{};
    prctl(PR_GET_NAME, name.data());
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, nullptr, &blocked);
    std::string all(name.data());
    for (int signal = 1; signal < SIGRTMAX; ++signal)
      all += sigismember(&blocked, signal) == 1 ? '1' : '0';
    return all;
  };
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  sigprocmask(SIG_BLOCK, &one, &before);
  const std::string ours = facts();
  Guarded guarded([&] { return facts() == ours ? 0 : 1; });
  EXPECT_EQ(facts(), ours);
  EXPECT_EQ(WEXITSTATUS(guarded.wait()), 0);
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

// Whoever reads a pipe of the work sees its end when the work has closed it.
TEST_F(Guards, HoldNoDescriptorOfTheWork) {
  for (const int as : {-1, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    LastOne last;
    const pid_t caller = fork();
    if (caller == 0) {
      if (as != -1) dup2(last.writing_end(), as);
      Guarded guarded([&] {
        last.let_go();
        if (as != -1) close(as);
        wait_for_ever();
        return 0;
      });
      last.let_go();
      if (as != -1) close(as);
      guarded.wait();
      _exit(0);
    }
    EXPECT_TRUE(last.is_gone()) << as;
    kill(caller, SIGKILL);
    end_descendants();
  }
}

// The work ends with exit(), which writes what is still in its buffers.
TEST_F(Guards, DoNotRepeatWhatTheirCallerHasWritten) {
  const test::TempFolder folder;
  const std::string path = folder.path() + "/written";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  ASSERT_TRUE(file);
  std::fputs("once", file);
  Guarded guarded([] { return 0; });
  EXPECT_EQ(WEXITSTATUS(guarded.wait()), 0);
  std::fclose(file);
  std::string text;
  std::getline(std::ifstream(path), text);
  EXPECT_EQ(text, "once");
}

// A work in its caller's group, under a parent outside of it, would have the kernel hang up
// that whole group if the work ends while somebody else in the group is stopped.
TEST_F(Guards, DoNotHangUpTheirCallersGroupWhenSomebodyInItIsStopped) {
  const pid_t caller = fork();
  if (caller == 0) {
    setsid();  // orphaned, as the group of a script without a terminal is
    const pid_t stopped = fork();
    if (stopped == 0) {
      raise(SIGSTOP);
      _exit(0);
    }
    waitpid(stopped, nullptr, WUNTRACED);
    Guarded guarded([] { return 0; });
    guarded.wait();
    _exit(0);
  }
  int status = 0;
  waitpid(caller, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
}

TEST_F(Guards, EndADaemonThatTheWorkLeftBehind) {
  LastOne last;
  Guarded guarded([] {
    start_a_daemon();
    return 0;
  });
  EXPECT_EQ(WEXITSTATUS(guarded.wait()), 0);
  EXPECT_TRUE(last.is_gone());
}

TEST_F(Guards, EndTheWorkWithItsObject) {
  LastOne last;
  {
    const Guarded guarded([] {
      start_a_daemon();
      wait_for_ever();
      return 0;
    });
  }
  EXPECT_TRUE(last.is_gone());
}

// The race of PR_SET_PDEATHSIG: its parent has died before the child could ask.
TEST_F(Guards, EndAChildThatWasOrphanedBeforeItCouldAskToBe) {
  LastOne last;
  Guarded guarded([] {
    if (fork() == 0) {
      while (getppid() == 1) {
      }
      wait_for_ever();
    }
    kill(getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(WTERMSIG(guarded.wait()), SIGKILL);
  EXPECT_TRUE(last.is_gone());
}

// The child of a killed child is adopted only then, and is ended too.
TEST_F(Guards, EndDescendantsDownToTheLastGeneration) {
  LastOne last;
  if (fork() == 0) {
    if (fork() == 0) {
      if (fork() == 0) {
        last.tell({});
        wait_for_ever();
      }
      wait_for_ever();
    }
    wait_for_ever();
  }
  last.hear();
  end_descendants();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "somebody is left";
  EXPECT_TRUE(last.is_gone());
}

// Each one of the run's four processes, and each two of them, at once.
TEST_F(Guards, LeaveNobodyWhicheverTwoProcessesAreKilled) {
  for (unsigned round = 0; round < 32; ++round) {
    const unsigned victims = round % 16;
    if (std::popcount(victims) < 1 || std::popcount(victims) > 2) continue;
    LastOne last;
    start_caller(last);
    const LastOne::Pids run = last.hear();
    const std::array all = {run.caller, run.outer_guard, run.inner_guard, run.work};
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (victims >> i & 1) kill(all[i], SIGKILL);
    }
    EXPECT_TRUE(last.is_gone()) << "victims " << victims;
    end_descendants();
  }
}

// Also if one of them is killed with it: neither is in that group.
TEST_F(Guards, SurviveTheKillOfTheirCallersGroup) {
  for (const bool outer : {false, true}) {
    for (const bool inner : {false, true}) {
      if (outer && inner) continue;
      LastOne last;
      const pid_t caller = start_caller(last);
      const LastOne::Pids run = last.hear();
      kill(-caller, SIGKILL);
      if (outer) kill(run.outer_guard, SIGKILL);
      if (inner) kill(run.inner_guard, SIGKILL);
      EXPECT_TRUE(last.is_gone()) << outer << inner;
      end_descendants();
    }
  }
}

// Then nobody is left who could end it.
TEST_F(Guards, LeaveTheWorkToTheKernelIfAllAboveItAreKilled) {
  LastOne last;
  start_caller(last);
  const LastOne::Pids run = last.hear();
  const std::array above = {run.caller, run.outer_guard, run.inner_guard};
  const Descriptor work(static_cast<int>(syscall(SYS_pidfd_open, run.work, 0)));
  for (const pid_t pid : above) kill(pid, SIGSTOP);  // none may see another's end
  for (const pid_t pid : above) kill(pid, SIGKILL);
  pollfd ended{work.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1);
}

// The caller adopts the inner guard of a killed outer one, and waits for it too.
TEST_F(Guards, LeaveNobodyToWhoeverHasWaitedForThem) {
  LastOne last;
  Guarded guarded([&] {
    const pid_t inner = getppid(), outer = parent_of(inner);
    last.tell({parent_of(outer), outer, inner, getpid()});
    wait_for_ever();
    return 0;
  });
  kill(last.hear().outer_guard, SIGKILL);
  EXPECT_EQ(WTERMSIG(guarded.wait()), SIGKILL);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "somebody is left";
}

TEST_F(Guards, TakeNoNoticeOfSignalsThatMeanOthers) {
  LastOne last;
  start_caller(last);
  const LastOne::Pids run = last.hear();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
    kill(run.outer_guard, signal);
    kill(run.inner_guard, signal);
  }
  kill(run.caller, SIGKILL);
  EXPECT_TRUE(last.is_gone());
}

TEST_F(Guards, CleanUpForACallerThatWasKilled) {
  const test::TempFolder folder;
  const std::string kept = folder.path() + "/kept";
  for (const bool both : {false, true}) {
    std::ofstream(kept) << "x";
    LastOne last;
    start_caller(last, [&] { unlink(kept.c_str()); });
    const LastOne::Pids run = last.hear();
    if (both) kill(run.outer_guard, SIGKILL);
    kill(run.caller, SIGKILL);
    EXPECT_TRUE(last.is_gone());
    while (waitpid(-1, nullptr, 0) > 0) {  // the guards, adopted by us
    }
    EXPECT_FALSE(std::ifstream(kept)) << both;
  }
}

}  // namespace
}  // namespace lab
