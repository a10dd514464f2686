// A kept run: its exit code, how it is stopped, and that nothing of it is left, whoever is
// killed.
#include "core/kept_run.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "lab/os/descriptor.hpp"
#include "lab/os/guard.hpp"
#include "lab/os/run_dir.hpp"
#include "support/own_run.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Runs the work in a keeper that is a process of its own, as `./lab bench --peers` is.
class KeptRun : public testing::Test {
 protected:
  KeptRun() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    reading_.reset(ends[0]);
    writing_.reset(ends[1]);
  }
  ~KeptRun() override { lab::end_descendants(); }

  void start(const std::function<int()>& work, int until = -1) {
    keeper_ = fork();
    if (keeper_ != 0) return;
    setenv("TMPDIR", folder_.path().c_str(), 1);
    setpgid(0, 0);
    _exit(in_kept_run(work, until));
  }
  int code() {
    int status = 0;
    waitpid(keeper_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int code_of(const std::function<int()>& work) {
    start(work);
    return code();
  }

  // For the work: a folder, a process that has got away, and a sign that it has come here.
  void leave_traces() const {
    lab::run_dir();
    if (const pid_t first = fork()) {
      waitpid(first, nullptr, 0);
    } else {
      setsid();
      if (fork() != 0) _exit(0);
      tell();
      for (;;) pause();
    }
  }
  void tell() const {
    const pid_t pid = getpid();
    EXPECT_EQ(write(writing_.get(), &pid, sizeof pid), ssize_t{sizeof pid});
  }
  pid_t hear() const {
    pollfd source{reading_.get(), POLLIN, 0};
    pid_t pid = 0;
    EXPECT_EQ(poll(&source, 1, 20'000), 1) << "nobody came";
    EXPECT_EQ(read(reading_.get(), &pid, sizeof pid), ssize_t{sizeof pid});
    return pid;
  }
  // Everybody who was started has the writing end of the pipe.
  bool nothing_is_left() {
    writing_.reset();
    pollfd source{reading_.get(), POLLIN, 0};
    std::array<char, 64> bytes{};
    do {
      if (poll(&source, 1, 20'000) != 1) return false;
    } while (read(reading_.get(), bytes.data(), bytes.size()) > 0);
    lab::end_descendants();  // the guards, which hold no pipe: they are about to end
    for (const auto& user : fs::directory_iterator(folder_.path())) {
      if (!fs::is_empty(user)) return false;
    }
    return true;
  }

  const lab::test::TempFolder folder_;
  lab::Descriptor reading_, writing_;
  pid_t keeper_ = 0;
};

[[noreturn]] void wait_for_ever() {
  for (;;) pause();
}

TEST_F(KeptRun, EndsWithTheCodeOfTheWork) {
  EXPECT_EQ(code_of([] { return 42; }), 42);
  EXPECT_EQ(code_of([]() -> int { throw std::runtime_error("on purpose"); }), 1);
  EXPECT_EQ(code_of([] { return raise(SIGKILL); }), 128 + SIGKILL);
}

TEST_F(KeptRun, TheWorkHearsTheSignalsThatItsCallerHears) {
  EXPECT_EQ(code_of([] { return raise(SIGHUP); }), 128 + SIGHUP);
  EXPECT_EQ(code_of([] { return raise(SIGTERM); }), 128 + SIGTERM);
}

TEST_F(KeptRun, LeavesNothingWhenTheWorkIsDone) {
  start([&] {
    leave_traces();
    return 7;
  });
  EXPECT_EQ(code(), 7);
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(KeptRun, LeavesNothingWhenItIsStopped) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    start([&] {
      leave_traces();
      wait_for_ever();
      return 0;
    });
    hear();
    kill(keeper_, signal);
    EXPECT_EQ(code(), 128 + signal);
  }
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(KeptRun, AsksTheWorkBeforeItKillsIt) {
  start([&] {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    tell();
    int signal = 0;
    sigwait(&signals, &signal);
    tell();
    return 0;
  });
  hear();
  kill(keeper_, SIGINT);
  EXPECT_EQ(code(), 128 + SIGINT);
  hear();  // it had the time to say so
}

TEST_F(KeptRun, KillsAWorkThatDoesNotListen) {
  for (const bool again : {true, false}) {  // at once, or after its patience
    start([&] {
      std::signal(SIGTERM, SIG_IGN);
      tell();
      wait_for_ever();
      return 0;
    });
    hear();
    kill(keeper_, SIGHUP);
    if (again) kill(keeper_, SIGTERM);
    EXPECT_EQ(code(), 128 + SIGHUP);
  }
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(KeptRun, EndsOnceItsDescriptorIsReadable) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  start(
      [&] {
        leave_traces();
        wait_for_ever();
        return 0;
      },
      ends[0]);
  hear();
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_EQ(code(), 128 + SIGTERM);
  EXPECT_TRUE(nothing_is_left());
  for (const int fd : ends) close(fd);
}

// Alone, and together with the work: neither can clean up for the other.
TEST_F(KeptRun, LeavesNothingWhenTheKeeperIsKilled) {
  for (const bool both : {false, true}) {
    start([&] {
      leave_traces();
      tell();
      wait_for_ever();
      return 0;
    });
    const pid_t one = hear(), other = hear();
    kill(keeper_, SIGKILL);
    if (both) {
      kill(one, SIGKILL);
      kill(other, SIGKILL);
    }
    EXPECT_EQ(code(), -SIGKILL);
  }
  EXPECT_TRUE(nothing_is_left());
}

}  // namespace
}  // namespace runner
