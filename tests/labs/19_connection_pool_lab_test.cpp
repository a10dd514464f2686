// The lab as a person runs it, and what it says when its database is not what it should.
#include <gmock/gmock.h>

#include <algorithm>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Env = std::vector<std::pair<std::string, std::string>>;

lab::Exit run_lab(std::vector<std::string> flags, Env env = {}) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/19_connection_pool", "--quick"});
  return lab::Child::run(flags, {.deadline = 50s, .env = std::move(env)}).wait();
}

TEST(ConnectionPoolLab, ProvesItsClaimsWithOtherSettingsToo) {
  const auto exit = run_lab({"--work", "2000"});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("5 of 5 claims hold"));
}

TEST(ConnectionPoolLab, NamesTheLineThatForgot) {
  const auto exit = run_lab({"--scene", "leak"});
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

}  // namespace
