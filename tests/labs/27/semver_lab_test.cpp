// Lab 27 as a person runs it: with other settings, beside npm's semver, and without what it
// needs.
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(SemverLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played = play("27_semver", {"--quick", "--highest", "12"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 6u);
}

TEST(SemverLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("27_semver", {"--quick", "--highest", "3"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("highest"), std::string::npos) << exit.err;
}

TEST(SemverLab, SaysHowToInstallNmWhereItIsNotThere) {
  const TempFolder empty;
  const lab::Exit exit =
      play("27_semver", {"--quick", "--scene", "patch"}, {{"PATH", empty.path()}}).exit;
  EXPECT_EQ(exit.code, 77) << exit.out;
  EXPECT_NE(exit.err.find("apt-get install binutils"), std::string::npos) << exit.err;
}

TEST(SemverLab, EachProgramMeetsEachReleaseAsItsNumberPromises) {
  const Rows rows = play("27_semver", {"--quick", "--scene", "major"}).rows();
  EXPECT_EQ(rows.at("1.2.0"), "shop > 85 cents");
  EXPECT_NE(rows.at("2.0.0").find("libprice.so.1"), std::string::npos);
  EXPECT_EQ(rows.at("2.0.0, called 1"),
            "shop > shop: symbol lookup error: shop: undefined symbol: price_total");
  EXPECT_EQ(rows.at("3.0.0, called 1"), "shop > 94 cents");
}

class SemverTwin : public BesideNode {
 protected:
  SemverTwin() : BesideNode("semver") {}
};

TEST_F(SemverTwin, AnswersEachRangeOfTheLab) {
  const Rows theirs = twin("27_semver");
  EXPECT_EQ(theirs.size(), 11u);
  const Rows ours = play("27_semver", {"--quick", "--scene", "surprises"}).rows();
  for (const auto& [range, answer] : theirs) EXPECT_EQ(ours.at(range), answer) << range;
}

class SemverWhiteboard : public BesideNode {};

TEST_F(SemverWhiteboard, ChecksItself) {
  output_of_node({source("labs/27_semver/whiteboard.mjs")});
}

}  // namespace
