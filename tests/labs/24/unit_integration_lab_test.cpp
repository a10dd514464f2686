// Lab 24 as a person runs it: what the tables say, and what is absent.
#include <gmock/gmock.h>

#include "support/played.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(UnitIntegrationLab, LightsTheFaultsThatEachSuiteNotices) {
  const Played played = play("24_unit_integration", {"--scene", "lights"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(
      played.table("Which suite turns red").rows,
      ElementsAre(
          Cells{"unit tests", "green", "red", "green", "green", "green", "green"},
          Cells{"with mocks", "green", "green", "red", "green", "green", "green"},
          Cells{"contract, fake", "green", "green", "green", "red", "green", "green"},
          Cells{"contract, real", "green", "green", "green", "green", "red", "red"},
          Cells{"integration", "green", "red", "red", "green", "red", "red"}));
}

TEST(UnitIntegrationLab, CountsNothingForAUnitTest) {
  if (lab::test::kAddressSanitizer)
    GTEST_SKIP() << "its own system calls would be counted";
  const Played played = play("24_unit_integration", {"--scene", "cost"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  const auto rows = played.table("What the tests ask of the kernel").rows;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0], ElementsAre("unit tests", "12", "0", "0", "0"));
  EXPECT_THAT(rows[1], ElementsAre("with mocks", "16", "0", "0", "0"));
  EXPECT_GT(std::stoi(rows[2][3]), 16) << "a connection at least for each";
}

TEST(UnitIntegrationLab, ShufflesAsOftenAsItIsTold) {
  const Played played =
      play("24_unit_integration", {"--scene", "trust", "--orders", "12"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(played.exit.out, HasSubstr("of 12 shuffled orders"));
}

// The database of somebody who keeps one: what the tests store there is rolled back.
TEST(UnitIntegrationLab, SaysWhenTheDatabaseCannotBeReached) {
  const lab::Exit exit = play("24_unit_integration", {"--scene", "lights"},
                              {{"LAB_POSTGRES_URL", "postgres://127.0.0.1:1/none"}})
                             .exit;
  EXPECT_EQ(exit.code, 1);
  EXPECT_FALSE(exit.err.empty());
}

}  // namespace
