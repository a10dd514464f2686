// Lab 23 as a person runs it, with other settings, too.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(BlockingLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played = play(
      "23_blocking", {"--quick", "--job", "500", "--slice", "0.05", "--letters", "10"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 8u);
}

TEST(BlockingLab, RefusesAKnobOutOfRange) {
  for (const char* knob : {"--job", "--slice", "--letters"}) {
    const Played played = play("23_blocking", {knob, "100000"});
    EXPECT_EQ(played.exit.code, 2) << knob;
    EXPECT_THAT(played.exit.err, testing::HasSubstr(std::string(knob).substr(2)));
  }
}

TEST(BlockingLab, ItsServiceRefusesToBeStartedByHand) {
  EXPECT_EQ(play("23_blocking", {"--role", "service"}).exit.code, 2);
}

}  // namespace
