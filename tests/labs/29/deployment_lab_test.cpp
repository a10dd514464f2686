// Lab 29 as a person runs it. That every claim holds, every_lab asks.
#include <gmock/gmock.h>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_29(std::vector<std::string> flags) {
  flags.emplace_back("--quick");
  return play("29_deployment", std::move(flags));
}

TEST(DeploymentLab, ShowsHowEachWayToShutDownEnds) {
  const Played played = play_29({"--scene", "shutdown"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  std::vector<std::string> ends;
  for (const Cells& row : played.table("Lost requests by way to shut down").rows)
    ends.push_back(row.at(1));
  EXPECT_THAT(
      ends, ElementsAre("SIGTERM", "exit 0", "SIGKILL", "SIGKILL", "SIGKILL", "exit 0"));
}

TEST(DeploymentLab, ShowsThatOnlyAPostIsLostOnAnIdleConnection) {
  const Played played = play_29({"--scene", "keep-alive"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  std::vector<std::string> statuses;
  for (const Cells& row : played.table("One request on a connection that was idle").rows)
    statuses.push_back(row.at(2));
  EXPECT_THAT(statuses, ElementsAre("502", "200", "200"));
}

TEST(DeploymentLab, PromotesTheBytesThatWereTested) {
  const Played played = play_29({"--scene", "pipeline"});
  const auto rows = played.table("SHA-256 of the program, its first digits").rows;
  EXPECT_EQ(rows.at(0).at(1), rows.at(0).at(2));
  EXPECT_EQ(rows.at(1).at(2), rows.at(0).at(2));
  EXPECT_NE(rows.at(1).at(1), rows.at(1).at(2))
      << "the red commit was tested, not deployed";
  EXPECT_NE(rows.at(2).at(1), rows.at(2).at(2));
}

TEST(DeploymentLab, RollsOutWithAnotherSurge) {
  const Played played = play_29({"--scene", "rollout", "--replicas", "4", "--max-surge",
                                 "2", "--max-unavailable", "0"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(played.proven, ElementsAre("29.9"));
}

TEST(DeploymentLab, RefusesARolloutThatCouldReplaceNothing) {
  const Played played =
      play_29({"--scene", "rollout", "--max-surge", "0", "--max-unavailable", "0"});
  EXPECT_EQ(played.exit.code, 1);
  EXPECT_THAT(played.exit.err, HasSubstr("RolloutConfig"));
}

}  // namespace
