// Restarts and the supervisor, with real processes: this program plays them.
#include "lab/uv/supervisor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "lab/os/proc.hpp"

namespace lab::uv {
namespace {

using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point kStart{1h};

TEST(RestartsTest, DoublesTheWaitUpToTheLongestAndThenGivesUp) {
  Restarts restarts({.most = 4, .period = 10s, .first = 10ms, .longest = 50ms});
  EXPECT_EQ(restarts.after_death(kStart), 10ms);
  EXPECT_EQ(restarts.after_death(kStart + 1s), 20ms);
  EXPECT_EQ(restarts.after_death(kStart + 2s), 40ms);
  EXPECT_EQ(restarts.after_death(kStart + 3s), 50ms);
  EXPECT_EQ(restarts.after_death(kStart + 4s), std::nullopt);
}

TEST(RestartsTest, ForgetsADeathWhenThePeriodIsOver) {
  Restarts restarts({.most = 1, .period = 10s, .first = 10ms, .longest = 50ms});
  EXPECT_EQ(restarts.after_death(kStart), 10ms);
  EXPECT_EQ(restarts.after_death(kStart + 10s), 10ms) << "a period ago is too long ago";
  EXPECT_EQ(restarts.after_death(kStart + 20s - 1ns), std::nullopt);
}

TEST(RestartsTest, NeverOverflowsHoweverManyThereAre) {
  Restarts restarts({.most = 100, .period = 10s, .first = 10ms, .longest = 1s});
  for (int i = 0; i < 100; ++i) EXPECT_LE(*restarts.after_death(kStart), 1s);
}

TEST(RestartsTest, RefusesAPolicyThatCannotBe) {
  for (const RestartPolicy& policy :
       {RestartPolicy{.most = -1}, RestartPolicy{.period = 0ms},
        RestartPolicy{.first = 2s, .longest = 1s}, RestartPolicy{.first = -1ms}}) {
    EXPECT_THROW(Restarts{policy}, std::invalid_argument);
  }
  Restarts at_the_edge({.most = 1, .period = 1ms, .first = 0ms, .longest = 0ms});
  EXPECT_EQ(at_the_edge.after_death(kStart), 0ms);
  EXPECT_EQ(Restarts({.most = 0}).after_death(kStart), std::nullopt);
}

struct SupervisorTest : testing::Test {
  void turn_until(const auto& reached) {
    Timer patience(loop);
    bool late = false;
    patience.start(30s, [&] { late = true; });
    while (!reached() && !late) loop.run(UV_RUN_ONCE);
    EXPECT_FALSE(late);
  }
  Loop loop;
  int deaths = 0;
  bool given_up = false;
  SupervisorObservers observers{.on_death = [this](const Exit&, Where) { ++deaths; },
                                .on_give_up = [this](Where) { given_up = true; }};
};

TEST_F(SupervisorTest, StartsAnewWhateverEndedIt) {
  const Supervisor supervisor(loop, {.role = "sleeper"}, {.first = 1ms}, observers);
  for (int i = 1; i <= 3; ++i) {
    const pid_t victim = supervisor.pid();
    kill(victim, i == 1 ? SIGKILL : SIGTERM);
    turn_until([&] { return deaths == i && supervisor.pid() != 0; });
    EXPECT_NE(supervisor.pid(), victim);
  }
  EXPECT_EQ(supervisor.starts(), 4);
}

TEST_F(SupervisorTest, TellsEachStepInItsOrder) {
  std::vector<std::string> told;
  pid_t started = 0;
  const auto note = [&](std::string what) { told.push_back(std::move(what)); };
  const Supervisor supervisor(
      loop, {.role = "doomed"}, {.most = 2, .first = 1ms, .longest = 1s},
      {.on_start =
           [&](pid_t pid, Where) {
             started = pid;
             note("start");
           },
       .on_death = [&](const Exit& exit,
                       Where) { note("death " + std::to_string(exit.code)); },
       .on_wait = [&](auto wait, Where) { note("wait " + std::to_string(wait.count())); },
       .on_give_up =
           [&](Where) {
             note("give up");
             given_up = true;
           }});
  EXPECT_EQ(started, supervisor.pid());
  turn_until([&] { return given_up; });
  EXPECT_EQ(told,
            (std::vector<std::string>{"start", "death 1", "wait 1", "start", "death 1",
                                      "wait 2", "start", "death 1", "give up"}));
}

TEST_F(SupervisorTest, GivesUpOnWhatDiesTooOften) {
  const Supervisor supervisor(loop, {.role = "doomed"},
                              {.most = 3, .first = 1ms, .longest = 2ms}, observers);
  turn_until([&] { return given_up; });
  EXPECT_EQ(supervisor.starts(), 4);
  EXPECT_EQ(supervisor.pid(), 0);
}

// A variable of the environment that is longer than the kernel takes: no program starts.
TEST_F(SupervisorTest, AStartThatFailsCountsAsADeath) {
  constexpr const char* kTooLong = "UNDERLOOP_TOO_LONG";
  observers.on_death = [](const Exit&, Where) {
    setenv(kTooLong, std::string(1 << 20, 'x').c_str(), 1);
  };
  const Supervisor supervisor(loop, {.role = "doomed"},
                              {.most = 3, .first = 1ms, .longest = 2ms}, observers);
  turn_until([&] { return given_up; });
  unsetenv(kTooLong);
  EXPECT_EQ(supervisor.starts(), 1);
}

// The grandchild holds whatever it has inherited, and waits until this test has seen the
// death; it ends with the pipe that this test holds.
TEST_F(SupervisorTest, NoticesADeathThoughAGrandchildLivesOn) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Descriptor reads(ends[0]);
  Descriptor writes(ends[1]);
  fcntl(writes.get(), F_SETFD, FD_CLOEXEC);
  {
    const Supervisor supervisor(loop,
                                {.role = "forks",
                                 .args = {std::to_string(reads.get())},
                                 .inherit = {reads.get()}},
                                {.most = 1, .first = 1ms, .longest = 1ms}, observers);
    turn_until([&] { return given_up; });
    EXPECT_EQ(deaths, 2);
  }
}

TEST_F(SupervisorTest, LeavesNoDescriptorOpen) {
  const int before = open_descriptors();
  {
    const Supervisor supervisor(loop, {.role = "doomed"},
                                {.most = 5, .first = 1ms, .longest = 1ms}, observers);
    turn_until([&] { return deaths == 1; });
    const int with_one = open_descriptors();
    turn_until([&] { return given_up; });
    EXPECT_LE(open_descriptors(), with_one);
  }
  loop.run();
  EXPECT_LE(open_descriptors(), before + 1) << "libuv may have opened its own";
}

TEST_F(SupervisorTest, TakesItsProcessAlongWhenItGoes) {
  pid_t pid = 0;
  {
    const Supervisor supervisor(loop, {.role = "sleeper"}, {});
    pid = supervisor.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(SupervisorTest, HandsOnTheEnvironmentAndTheOutput) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Descriptor reads(ends[0]);
  const Descriptor writes(ends[1]);
  const Supervisor supervisor(
      loop, {.role = "says", .env = {{"WORD", "hello"}}, .output = writes.get()},
      {.most = 0}, observers);
  turn_until([&] { return given_up; });
  char word[6] = "";
  EXPECT_EQ(read(reads.get(), word, 5), 5);
  EXPECT_STREQ(word, "hello");
}

int play(const std::string& role, const std::string& arg) {
  if (role == "doomed") return 1;
  if (role == "sleeper") return pause();
  if (role == "says") return puts(getenv("WORD")) < 0;
  if (role == "forks") {
    char byte = 0;
    if (fork() == 0) return static_cast<int>(read(std::stoi(arg), &byte, 1));
    return 1;
  }
  return 2;
}

}  // namespace
}  // namespace lab::uv

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role"))
    return lab::uv::play(argv[2], argc > 3 ? argv[3] : "");
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
