// The lab as a person runs it, and what it says when its Redis or its PostgreSQL is not
// what it should be, or goes in the middle.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/db/redis.hpp"
#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Env = std::vector<std::pair<std::string, std::string>>;

class ChatLab : public testing::Test {
 protected:
  lab::Child start(std::vector<std::string> flags, Env env = {}) const {
    flags.insert(flags.begin(), {lab::test::built("labs/11_chat")});
    env.emplace_back("TMPDIR", tmp_);
    return lab::Child::run(flags, {.deadline = 50s, .env = std::move(env)});
  }
  lab::Exit run(std::vector<std::string> flags, Env env = {}) const {
    return start(std::move(flags), std::move(env)).wait();
  }

  // Somebody else's Redis, which the lab is told of.
  lab::Child start_redis() const {
    lab::Child redis =
        lab::Child::run({"redis-server", "--port", "0", "--unixsocket", tmp_ + "/r",
                         "--dir", tmp_, "--save", "", "--logfile", tmp_ + "/log"},
                        {.deadline = 60s, .capture = false});
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < deadline) {
      try {
        lab::Redis connection(redis_url());
        return redis;
      } catch (const lab::Error&) {
        std::this_thread::yield();
      }
    }
    throw lab::Error("start redis-server", "it did not answer in 10 s");
  }
  std::string redis_url() const { return "unix://" + tmp_ + "/r"; }

  // Until the file that the lab writes holds the text.
  static bool wait_for(const std::string& file, const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      std::ifstream stream(file);
      const std::string all{std::istreambuf_iterator<char>(stream), {}};
      if (all.find(text) != std::string::npos) return true;
      std::this_thread::yield();
    }
    return false;
  }

  const lab::test::TempFolder folder_;
  const std::string& tmp_ = folder_.path();
};

TEST_F(ChatLab, ProvesItsClaimsWithOtherSettingsToo) {
  const auto exit = run({"--quick", "--clients", "7", "--connections", "100"});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("7 of 7 claims hold"));
}

TEST_F(ChatLab, TakesARedisThatIsThereAndLeavesNothingInIt) {
  const lab::Child redis = start_redis();
  const auto exit =
      run({"--quick", "--scene", "killed-server"}, {{"LAB_REDIS_URL", redis_url()}});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_EQ(lab::Redis(redis_url()).command({"DBSIZE"}), "0");
}

TEST_F(ChatLab, TellsAWrongAddressInOneLine) {
  const auto expect_line = [](const lab::Exit& exit, const std::string& name) {
    EXPECT_EQ(exit.code, 1);
    EXPECT_THAT(exit.err, HasSubstr(name));
    EXPECT_THAT(exit.err, Not(HasSubstr("secret")));
    EXPECT_THAT(exit.err, Not(HasSubstr("\x1b")));
    EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
  };
  for (const char* url :
       {"garbage", "redis://:secret@127.0.0.1:1", "unix:///nowhere/s"}) {
    expect_line(run({"--quick", "--scene", "gap"}, {{"LAB_REDIS_URL", url}}),
                "LAB_REDIS_URL");
  }
  for (const char* url : {"garbage", "host=/nowhere", "\x1b[31mred=1"}) {
    expect_line(run({"--quick", "--scene", "sign-up"}, {{"LAB_POSTGRES_URL", url}}),
                "LAB_POSTGRES_URL");
  }
}

// Anybody may publish on its channels: what is no message of ours harms nobody.
TEST_F(ChatLab, IsNotHarmedByWhatStrangersPublish) {
  const lab::Child redis = start_redis();
  const std::string trace = tmp_ + "/trace.json";
  lab::Child child = start({"--scene", "killed-server", "--trace", trace},
                           {{"LAB_REDIS_URL", redis_url()}});
  ASSERT_TRUE(wait_for(trace, "joined"));
  lab::Redis stranger(redis_url());
  std::istringstream channels(stranger.command(
      {"EVAL", "return table.concat(redis.call('PUBSUB', 'CHANNELS'), '\\n')", "0"}));
  int told = 0;
  for (std::string channel; std::getline(channels, channel);) {
    for (const char* junk : {"{}", "[]", "x", "", "1 2 {junk"}) {
      told += std::stoi(stranger.command({"PUBLISH", channel, junk}));
    }
  }
  EXPECT_GT(told, 0);
  EXPECT_EQ(child.wait().code, 0) << child.wait().out << child.wait().err;
}

TEST_F(ChatLab, SaysThatItsRedisIsGone) {
  lab::Child redis = start_redis();
  const std::string trace = tmp_ + "/trace.json";
  lab::Child child = start({"--scene", "killed-server", "--trace", trace},
                           {{"LAB_REDIS_URL", redis_url()}});
  ASSERT_TRUE(wait_for(trace, "joined"));
  redis.kill(SIGKILL);
  const lab::Exit& exit = child.wait();
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(exit.err, HasSubstr("ask Redis"));
  EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
}

}  // namespace
