// Lab 30 as a person runs it: with other settings; and the tables that no claim speaks of
// say what its page says.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;

Played play_30(std::vector<std::string> flags) {
  flags.emplace_back("--quick");
  return play("30_event_emitter", std::move(flags));
}

TEST(EventEmitterLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played = play_30({"--requests", "12"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 6u);
}

TEST(EventEmitterLab, OnlyTheForgottenListenersStay) {
  const Played played = play_30({"--scene", "leak", "--requests", "100"});
  EXPECT_THAT(played.table("After all were answered").rows,
              ElementsAre(Cells{"forgets its listener", "100", "400 KiB", "at 11"},
                          Cells{"takes it off", "0", "0 B", "none"},
                          Cells{"has a subscription", "0", "0 B", "none"}));
}

TEST(EventEmitterLab, OnlyASubscriptionEndsForTheEmitInProgress) {
  const Played played = play_30({"--scene", "leak"});
  EXPECT_THAT(played.table("An earlier listener closes the session").rows,
              ElementsAre(Cells{"calls off(), as in Node", "called, destroyed"},
                          Cells{"ends a Subscription", "not called"}));
}

TEST(EventEmitterLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play_30({"--requests", "11"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, testing::HasSubstr("requests"));
}

}  // namespace
