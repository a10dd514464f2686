// The supervisor with real processes, and the service that it starts: this program plays
// them. Its port meets garbage.
#include "supervisor.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "lab/net/loopback.hpp"
#include "lab/os/proc.hpp"
#include "support/own_run.hpp"
#include "world/asking.hpp"
#include "world/service.hpp"

namespace lab08 {
namespace {

using namespace std::chrono_literals;
using std::optional;

const Clock::time_point kStart{1h};

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
        RestartPolicy{.first = 2s, .longest = 1s}}) {
    EXPECT_THROW(Restarts{policy}, std::invalid_argument);
  }
}

struct SupervisorTest : testing::Test {
  void turn_until(const auto& reached) {
    lab::uv::Timer patience(loop);
    bool late = false;
    patience.start(30s, [&] { late = true; });
    while (!reached() && !late) loop.run(UV_RUN_ONCE);
    EXPECT_FALSE(late);
  }
  lab::uv::Loop loop;
  int deaths = 0;
  bool given_up = false;
  SupervisorObservers observers{
      .on_death = [this](const lab::Exit&, lab::Where) { ++deaths; },
      .on_give_up = [this](lab::Where) { given_up = true; }};
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
  observers.on_death = [](const lab::Exit&, lab::Where) {
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
  const lab::Descriptor reads(ends[0]);
  lab::Descriptor writes(ends[1]);
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
  const int before = lab::open_descriptors();
  {
    const Supervisor supervisor(loop, {.role = "doomed"},
                                {.most = 5, .first = 1ms, .longest = 1ms}, observers);
    turn_until([&] { return deaths == 1; });
    const int with_one = lab::open_descriptors();
    turn_until([&] { return given_up; });
    EXPECT_LE(lab::open_descriptors(), with_one);
  }
  loop.run();
  EXPECT_LE(lab::open_descriptors(), before + 1) << "libuv may have opened its own";
}

TEST_F(SupervisorTest, TakesItsProcessAlongWhenItGoes) {
  pid_t pid = 0;
  {
    const Supervisor supervisor(loop, {.role = "sleeper"}, {});
    pid = supervisor.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

// A service as a child of this program.
class Served {
 public:
  explicit Served(OnError on_error) {
    lab::Descriptor listener = lab::loopback::listen();
    port = lab::loopback::port_of(listener);
    const Supervised what =
        service(listener, {.name = "service", .on_error = on_error, .log = log()});
    child_.emplace(lab::Child::role(what.role, what.args,
                                    {.deadline = 30s, .inherit = what.inherit}));
  }
  std::string ask(const std::string& target) const {
    lab::uv::Loop loop;
    return lab08::ask(loop, port, target);
  }
  // The n-th count of its process.
  std::string count() const {
    const std::string answer = ask("/count");
    return answer.substr(answer.find(' ') + 1);
  }
  int exit_code() { return child_->wait().code; }
  std::string log() const { return folder_.path() + "/log"; }

  std::uint16_t port = 0;

 private:
  lab::test::TempFolder folder_;
  optional<lab::Child> child_;
};

TEST(ServiceTest, CountsAndRefusesGarbageWithoutHarm) {
  const Served service(OnError::exit);
  EXPECT_EQ(service.count(), "1");
  EXPECT_EQ(service.ask("/COUNT"), "");
  for (const std::string& bytes :
       {std::string("\n"), std::string(50, '\0') + "\n", std::string(100'000, 'x')}) {
    const lab::Descriptor socket = lab::loopback::socket();
    lab::loopback::connect(socket, service.port);
    static_cast<void>(send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  EXPECT_EQ(service.count(), "2");
}

TEST(ServiceTest, LogsAndExitsWithOne) {
  Served service(OnError::exit);
  EXPECT_EQ(service.ask("/crash"), "lost");
  EXPECT_EQ(service.exit_code(), 1);
  std::string line;
  std::getline(std::ifstream(service.log()) >> std::ws, line);
  EXPECT_THAT(line, testing::HasSubstr("uncaught: the service was told to crash"));
}

TEST(ServiceTest, GoesOnIfItSwallows) {
  const Served service(OnError::go_on);
  service.count();
  EXPECT_EQ(service.ask("/crash"), "lost");
  EXPECT_EQ(service.count(), "2");
}

TEST(ServiceTest, FinishesWhatIsUnderWayBeforeItExits) {
  Served service(OnError::drain);
  Upload one(service.port), two(service.port);
  const lab::Descriptor idle = lab::loopback::socket();
  lab::loopback::connect(idle, service.port);  // asks for nothing: holds up nobody
  service.count();  // it came last: the service has read them all
  service.ask("/crash");
  const timeval patience{5, 0};
  setsockopt(idle.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char byte = 0;
  EXPECT_EQ(recv(idle.get(), &byte, 1, 0), 0);
  EXPECT_EQ(service.ask("/count"), "refused");
  for (Upload* upload : {&one, &two}) upload->send_the_rest();
  EXPECT_EQ(one.result(), "done");
  EXPECT_EQ(two.result(), "done");
  EXPECT_EQ(service.exit_code(), 1);
}

TEST(ServiceTest, ExitsWithoutWhatIsUnderWayIfItDoesNotDrain) {
  Served service(OnError::exit);
  Upload one(service.port);
  service.count();
  service.ask("/crash");
  EXPECT_EQ(service.exit_code(), 1);
  one.send_the_rest();
  EXPECT_EQ(one.result(), "lost");
}

TEST(ServiceTest, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(service_main({}), 2);
}

int play(const std::string& role, std::span<const std::string> args) {
  if (role == "service") return service_main(args);
  if (role == "doomed") return 1;
  if (role == "sleeper") return pause();
  if (role == "forks") {
    char byte = 0;
    if (fork() == 0) return static_cast<int>(read(std::stoi(args[0]), &byte, 1));
    return 1;
  }
  return 2;
}

}  // namespace
}  // namespace lab08

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role"))
    return lab08::play(argv[2], std::vector<std::string>(argv + 3, argv + argc));
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
