// Lab 09 as a person runs it.
#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(LockfileLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played = play("09_lockfile", {"--quick", "--releases", "1"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 5u);
}

TEST(LockfileLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("09_lockfile", {"--quick", "--releases", "0"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("releases"), std::string::npos) << exit.err;
}

TEST(LockfileLab, ChoosesAsThePageSays) {
  const Rows rows = play("09_lockfile", {"--quick", "--scene", "choices"}).rows();
  EXPECT_EQ(rows.at("^1.0.0, latest is 1.1.0"), "1.1.0");
  EXPECT_EQ(rows.at(">1.1.0, latest is 1.1.0"), "1.2.0");
  EXPECT_EQ(rows.at("install, after libb 1.5.0"), "1.0.0");
  EXPECT_EQ(rows.at("update, after libb 1.5.0"), "1.5.0");
  EXPECT_EQ(rows.at("a user of liba 1.0.0 gets libb"), "1.5.0");
}

class LockfileWhiteboard : public BesideNode {};

TEST_F(LockfileWhiteboard, ChecksItself) {
  output_of_node({source("labs/09_lockfile/whiteboard.mjs")});
}

}  // namespace
