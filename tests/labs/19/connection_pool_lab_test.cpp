// The lab as a person runs it, and what it says when its database is not what it should.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Env = std::vector<std::pair<std::string, std::string>>;

lab::Exit run_lab(std::vector<std::string> flags, Env env = {}) {
  flags.insert(flags.begin(), {lab::test::built("labs/19_connection_pool"), "--quick"});
  return lab::Child::run(flags, {.deadline = 170s, .env = std::move(env)}).wait();
}

// The first process of the server whose files lie there; 0: there is none yet.
pid_t server_in(const fs::path& folder) {
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none)) {
    if (entry.path().filename() != "postmaster.pid") continue;
    pid_t pid = 0;
    std::ifstream(entry.path()) >> pid;
    return pid;
  }
  return 0;
}

// How many processes it has: five or six of its own, and one for each connection.
std::size_t children_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) +
                     "/children");
  return static_cast<std::size_t>(std::distance(std::istream_iterator<pid_t>(file), {}));
}

// Once at least so many are there: then its clients are at work.
bool kill_server_in(const fs::path& folder, std::size_t processes) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    const pid_t server = server_in(folder);
    if (server > 0 && children_of(server) >= processes) {
      return kill(server, SIGKILL) == 0;
    }
    std::this_thread::yield();
  }
  return false;
}

TEST(ConnectionPoolLab, ProvesItsClaimsWithOtherSettingsToo) {
  const auto exit = run_lab({"--work", "2000"});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("6 of 6 claims hold"));
}

TEST(ConnectionPoolLab, NamesTheLineThatForgot) {
  const auto exit = run_lab({"--scene", "nested"});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("mistakes.cpp:"));
}

TEST(ConnectionPoolLab, TellsAWrongAddressInOneLine) {
  for (const char* url : {"garbage", "host=/nowhere", "postgres://u:secret@127.0.0.1:1/d",
                          "postgres://[", "\x1b[31mred=1"}) {
    const auto exit = run_lab({}, {{"LAB_POSTGRES_URL", url}});
    EXPECT_EQ(exit.code, 1) << url;
    EXPECT_THAT(exit.err, HasSubstr("LAB_POSTGRES_URL"));
    EXPECT_THAT(exit.err, Not(HasSubstr("secret")));
    EXPECT_THAT(exit.err, Not(HasSubstr("\x1b")));
    EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
  }
}

// Its server goes while threads borrow: the run ends with a line, not with a signal.
TEST(ConnectionPoolLab, SaysThatItsServerIsGone) {
  for (const auto& [scene, connections] : {std::pair{"sizes", 9}, {"reuse", 4}}) {
    const lab::test::TempFolder folder;
    lab::Child child =
        lab::Child::run({lab::test::built("labs/19_connection_pool"), "--scene", scene},
                        {.deadline = 170s, .env = {{"TMPDIR", folder.path()}}});
    ASSERT_TRUE(kill_server_in(folder.path(), 6u + connections)) << scene;
    const lab::Exit& exit = child.wait();
    EXPECT_EQ(exit.code, 1) << scene << exit.out << exit.err;
    EXPECT_THAT(exit.err, HasSubstr("lab 19: ")) << scene;
  }
}

}  // namespace
