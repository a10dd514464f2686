// The lab as a person runs it, on servers that it finds by their addresses, and what it says
// when they are not what they should be.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "lab/db/amqp.hpp"
#include "lab/os/process.hpp"
#include "support/given_broker.hpp"
#include "support/places.hpp"

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Env = std::vector<std::pair<std::string, std::string>>;

lab::Exit run_lab(std::vector<std::string> flags, Env env = {}) {
  flags.insert(flags.begin(),
               {lab::test::built("labs/12_service_communication"), "--quick"});
  return lab::Child::run(flags, {.deadline = 170s, .env = std::move(env)}).wait();
}

// The last of these tests kills the broker. A lab that starts its own is seen where it is
// played whole.
using lab::test::GivenBroker;

TEST_F(GivenBroker, IsUsedAndProvesTheClaimsWithOtherSettingsToo) {
  const auto exit =
      run_lab({"--work", "10", "--hidden", "300"}, {{"LAB_AMQP_URL", server_->url()}});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("9 of 9 claims hold"));
}

// Its broker goes while orders wait in it: the run ends with a line, not with a signal.
TEST_F(GivenBroker, IsGoneAndTheLabSaysSo) {
  const std::string trace = run_->folder() + "/trace.json";
  lab::Child child =
      lab::Child::run({lab::test::built("labs/12_service_communication"), "--scene",
                       "burst", "--trace", trace},
                      {.deadline = 170s, .env = {{"LAB_AMQP_URL", server_->url()}}});
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  const auto drains = [&] {
    std::ifstream file(trace);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    return all.find("in work\":") != std::string::npos;
  };
  while (!drains()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(1ms);
  }
  kill(server_->pid(), SIGKILL);
  const lab::Exit& exit = child.wait();
  EXPECT_EQ(exit.code, 1) << exit.out << exit.err;
  EXPECT_THAT(exit.err, HasSubstr("lab 12: "));
}

TEST(ServiceCommunicationLab, NeedsNoBrokerForTheScenesWithoutOne) {
  for (const char* scene : {"chain", "deadline", "connection", "visibility", "log"}) {
    const auto exit =
        run_lab({"--scene", scene}, {{"LAB_AMQP_URL", "amqp://127.0.0.1:1"}});
    EXPECT_EQ(exit.code, 0) << scene << exit.out << exit.err;
  }
}

TEST(ServiceCommunicationLab, TellsAWrongAddressInOneLine) {
  const auto told = [](const char* scene, const char* variable, const char* url) {
    const auto exit = run_lab({"--scene", scene}, {{variable, url}});
    EXPECT_EQ(exit.code, 1) << url;
    EXPECT_THAT(exit.err, Not(HasSubstr("secret")));
    EXPECT_THAT(exit.err, Not(HasSubstr("\x1b")));
    EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
    return exit.err;
  };
  for (const char* url : {"garbage", "amqp://u:secret@127.0.0.1:1", "\x1b[31mred"})
    EXPECT_THAT(told("fan-out", "LAB_AMQP_URL", url), HasSubstr("LAB_AMQP_URL"));
  EXPECT_THAT(told("visibility", "LAB_REDIS_URL", "garbage"), HasSubstr("LAB_REDIS_URL"));
  EXPECT_THAT(told("log", "LAB_KAFKA_BROKERS", "127.0.0.1:1"),
              HasSubstr("LAB_KAFKA_BROKERS"));
}

// Names of the processes that were started with this temporary folder.
std::vector<std::string> processes(const std::string& tmp) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", none)) {
    std::ifstream environ(entry.path() / "environ"), comm(entry.path() / "comm");
    const std::string all{std::istreambuf_iterator<char>(environ), {}};
    std::string name;
    if (all.find("TMPDIR=" + tmp) != std::string::npos && comm >> name)
      names.push_back(name);
  }
  return names;
}

// While epmd is there alone, while Erlang boots, and while orders flow: killed with the
// processes of the run that a person sees, the broker and its epmd go too.
TEST(ServiceCommunicationLab, LeavesNoBrokerWhenItIsKilled) {
  for (const char* moment : {"epmd", "beam.smp", "erl_child_setup"}) {
    const lab::test::TempFolder tmp;
    lab::Child child =
        lab::Child::run({lab::test::built("labs/12_service_communication"), "--quick",
                         "--scene", "crash"},
                        {.deadline = 170s, .env = {{"TMPDIR", tmp.path()}}});
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    const auto wait = [&](auto condition) {
      while (std::chrono::steady_clock::now() < deadline) {
        if (condition()) return true;
        std::this_thread::sleep_for(1ms);
      }
      return false;
    };
    ASSERT_TRUE(wait([&] {
      return std::ranges::count(processes(tmp.path()), moment) > 0;
    })) << moment;
    child.kill(SIGKILL);
    child.wait();
    EXPECT_TRUE(wait([&] { return processes(tmp.path()).empty(); }))
        << moment << ": " << testing::PrintToString(processes(tmp.path()));
  }
}

}  // namespace
