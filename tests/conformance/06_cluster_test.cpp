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
  // Listening sockets, workers that got the kept connection, and the worker's share.
  EXPECT_EQ(dealt.at("primary deals, worker 1"), "1 > 1 worker > 10");
  EXPECT_EQ(dealt.at("primary deals, worker 2"), " >  > 10");
  EXPECT_EQ(node["20 new connections"], "10/10");
  EXPECT_EQ(node["20 requests over one connection"], "20/0");
  const Rows killed = play("06_cluster", {"--scene", "killed"}).rows();
  EXPECT_THAT(
      killed.at("plain"),
      testing::HasSubstr(" > " + node["serving after one of two was killed"] + " > "));
}

}  // namespace
