// ./lab services: kept for one terminal, found again, and gone when told or with it.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class ServicesVerb : public testing::Test {
 protected:
  // A session of its own, as a terminal has one; $S is the program.
  lab::Exit in_terminal(const std::string& script) const {
    lab::Child child = lab::Child::run(
        {"setsid", "--wait", "bash", "-c", script},
        {.deadline = 50s,
         .env = {{"TMPDIR", tmp_}, {"S", lab::test::built("runner/services")}}});
    return child.wait();
  }
  bool nothing_is_left() const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      bool any = false;
      std::error_code none;
      for (const auto& base : fs::directory_iterator(tmp_, none)) {
        any = any || !fs::is_empty(base, none);
      }
      if (!any) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }

  const lab::test::TempFolder folder_;
  const std::string& tmp_ = folder_.path();
};

TEST_F(ServicesVerb, TheLinesAreFoundAgainAndLeadToServers) {
  const auto exit = in_terminal(
      "lines=$($S up) && [ \"$lines\" = \"$($S up)\" ] && [ \"$lines\" = \"$($S env)\" ] "
      "&& "
      "eval \"$lines\" && redis-cli -s ${LAB_REDIS_URL#unix://} ping && "
      "psql \"$LAB_POSTGRES_URL\" -Atc 'SELECT 41 + 1' && $S down");
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(exit.out, "PONG\n42\nunset LAB_REDIS_URL LAB_POSTGRES_URL LAB_AMQP_URL\n");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(ServicesVerb, TheyEndWithTheTerminal) {
  EXPECT_EQ(in_terminal("$S up; true").code, 0);
  EXPECT_TRUE(nothing_is_left());
}

// The keeper alone, and with one of its guards: what they started ends, and the folder goes.
TEST_F(ServicesVerb, TheyEndWithAKeeperThatIsKilled) {
  const std::string kill_keeper =
      "$S up >&2; folder=$(echo $TMPDIR/*/*); keeper=${folder##*/} keeper=${keeper%-*}; "
      "guard=$(pgrep -P $keeper); kill -9 ";
  for (const char* victims : {"$keeper", "$keeper $guard"}) {
    const auto exit = in_terminal(kill_keeper + victims + R"(
      while left=$(pgrep -f "$TMPDIR"; ls -A $TMPDIR/*) && [[ $left ]]; do
        ((SECONDS < 20)) || { echo "left: $left" && exit 1; }
        sleep 0.02
      done)");
    EXPECT_EQ(exit.out, "") << exit.err;
    EXPECT_EQ(exit.code, 0) << exit.err;
  }
}

TEST_F(ServicesVerb, SaysWhenNoneAreUpAndWhatThereIs) {
  EXPECT_THAT(in_terminal("$S env").err, HasSubstr("services up"));
  EXPECT_EQ(in_terminal("$S env").code, 1);
  EXPECT_EQ(in_terminal("$S down").code, 0);
  EXPECT_EQ(in_terminal("$S").code, 2);
  EXPECT_EQ(in_terminal("$S sideways").code, 2);
}

}  // namespace
