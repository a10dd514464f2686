// The supervisor with real processes, and the service that it starts: this program plays
// them. Their port meets garbage.
#include <gmock/gmock.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "../support/own_run.hpp"
#include "lab/loopback.hpp"
#include "service.hpp"
#include "supervisor.hpp"

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
  SupervisorObservers observers{.on_death = [this](const lab::Exit&) { ++deaths; },
                                .on_give_up = [this] { given_up = true; }};
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
  observers.on_death = [](const lab::Exit&) {
    setenv(kTooLong, std::string(1 << 20, 'x').c_str(), 1);
  };
  const Supervisor supervisor(loop, {.role = "doomed"},
                              {.most = 3, .first = 1ms, .longest = 2ms}, observers);
  turn_until([&] { return given_up; });
  unsetenv(kTooLong);
  EXPECT_EQ(supervisor.starts(), 1);
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
    port_ = lab::loopback::port_of(listener);
    child_.emplace(
        lab::Child::role("service",
                         {std::to_string(listener.get()),
                          std::to_string(static_cast<int>(on_error)), log(), "60000"},
                         {.deadline = 30s, .inherit = {listener.get()}}));
  }
  lab::Descriptor connect() const {
    lab::Descriptor socket = lab::loopback::socket();
    const timeval limit{20, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    lab::loopback::connect(socket, port_);
    return socket;
  }
  lab::Descriptor asked(const std::string& bytes) const {
    lab::Descriptor socket = connect();
    tell(socket, bytes);
    return socket;
  }
  static void tell(const lab::Descriptor& socket, const std::string& bytes) {
    static_cast<void>(send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  // All that it answers until the end of the connection.
  static std::string answer(const lab::Descriptor& socket) {
    std::string all;
    char piece[256];
    for (ssize_t size; (size = recv(socket.get(), piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<std::size_t>(size));
    return all;
  }
  std::string ask(const std::string& bytes) const { return answer(asked(bytes)); }
  int exit_code() { return child_->wait().code; }
  std::string log() const { return folder_.path() + "/log"; }

 private:
  lab::test::TempFolder folder_;
  std::uint16_t port_ = 0;
  optional<lab::Child> child_;
};

std::string last_word(const std::string& answer) {
  return answer.substr(answer.find(' ') + 1);
}

TEST(ServiceTest, CountsAndRefusesGarbageWithoutHarm) {
  const Served service(OnError::exit);
  EXPECT_EQ(last_word(service.ask("count\n")), "1\n");
  EXPECT_EQ(service.ask("\n"), "what?\n");
  EXPECT_EQ(service.ask(std::string(50, '\0') + "\n"), "what?\n");
  EXPECT_EQ(service.ask("COUNT\n"), "what?\n");
  EXPECT_EQ(service.ask("count\ncount\n").substr(0, 1),
            service.ask("count\n").substr(0, 1));
  service.ask(std::string(10'000, 'x'));
  EXPECT_EQ(last_word(service.ask("count\n")), "4\n");
}

TEST(ServiceTest, HoldsNoMoreConnectionsThanItMay) {
  const Served service(OnError::exit);
  std::vector<lab::Descriptor> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(service.connect());
  char byte = 0;
  const ssize_t got = recv(service.connect().get(), &byte, 1, 0);
  EXPECT_TRUE(got == 0 || (got < 0 && errno == ECONNRESET)) << "the 101st must not wait";
  idle.clear();
  while (service.ask("count\n").empty()) std::this_thread::yield();
}

TEST(ServiceTest, LogsAndExitsWithOne) {
  Served service(OnError::exit);
  service.ask("crash\n");
  EXPECT_EQ(service.exit_code(), 1);
  std::string line;
  std::getline(std::ifstream(service.log()) >> std::ws, line);
  EXPECT_THAT(line, testing::HasSubstr("uncaught: the service was told to crash"));
}

TEST(ServiceTest, GoesOnIfItSwallows) {
  const Served service(OnError::go_on);
  service.ask("count\n");
  service.ask("crash\n");
  EXPECT_EQ(last_word(service.ask("count\n")), "2\n");
}

TEST(ServiceTest, FinishesWhatIsUnderWayBeforeItExits) {
  Served service(OnError::drain);
  const lab::Descriptor one = service.asked("work\n"), two = service.asked("work\n");
  const lab::Descriptor idle = service.connect();  // asks for nothing: holds up nobody
  service.ask("count\n");  // it came after the two: they are under way
  service.ask("crash\n");
  for (const auto* worked : {&one, &two}) Served::tell(*worked, "go\n");
  EXPECT_EQ(Served::answer(one), "done\n");
  EXPECT_EQ(Served::answer(two), "done\n");
  EXPECT_EQ(service.exit_code(), 1);
}

TEST(ServiceTest, ExitsWithoutWhatIsUnderWayIfItDoesNotDrain) {
  Served service(OnError::exit);
  const lab::Descriptor one = service.asked("work\n");
  service.ask("count\n");
  service.ask("crash\n");
  EXPECT_EQ(service.exit_code(), 1);
  Served::tell(one, "go\n");
  EXPECT_EQ(Served::answer(one), "");
}

TEST(ServiceTest, SurvivesThoseWhoLeaveBeforeTheirAnswer) {
  const Served service(OnError::exit);
  for (int i = 0; i < 150; ++i) {
    const auto one = service.asked(std::array{"hang\n", "work\n", "garbage\n"}[i % 3]);
    shutdown(one.get(), SHUT_WR);
    const linger at_once{1, 0};  // a reset after the end: the next write is a SIGPIPE
    setsockopt(one.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  EXPECT_EQ(last_word(service.ask("count\n")), "1\n");
}

TEST(ServiceTest, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(service_main({}), 2);
}

int play(const std::string& role, std::span<const std::string> args) {
  if (role == "service") return service_main(args);
  if (role == "doomed") return 1;
  if (role == "sleeper") return pause();
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
