// Lab 06 beside node:cluster: who gets which connection, and what is left after a death.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

using ClusterBesideNode = BesideNode;

TEST_F(ClusterBesideNode, DealsAndLosesWorkersAlike) {
  Rows node = twin("06_cluster");
  EXPECT_EQ(node["two workers listen on port 0"], "same port");
  EXPECT_EQ(node["the names of the process that manages them"],
            "isPrimary true, isMaster true");
  const Rows dealt = play("06_cluster", {"--scene", "distribution"}).rows();
  EXPECT_EQ(dealt.at("primary accepts"), "1 > " + node["20 new connections"] + " > " +
                                             node["20 requests over one connection"]);
  const Rows killed = play("06_cluster", {"--scene", "killed"}).rows();
  EXPECT_THAT(
      killed.at("plain"),
      testing::HasSubstr(" > " + node["serving after one of two was killed"] + " > "));
}

}  // namespace
