// What the chat shows of WebSocket and of Redis is what Node's ws and Redis do.
#include <gmock/gmock.h>

#include "../support/own_run.hpp"
#include "../support/played.hpp"
#include "lab/redis_server.hpp"

namespace {

using namespace lab::test;

class Ws : public BesideNode {
 protected:
  Ws() : BesideNode("ws") {}

  static Rows of_node() {
    const OwnRun run;
    const lab::RedisServer redis;
    return twin("11_chat", {.env = {{"LAB_REDIS_URL", redis.url()}}});
  }
};

TEST_F(Ws, TheTwinOfTheLabSeesWhatTheLabSees) {
  Rows node = of_node();
  EXPECT_EQ(node["both ends by their own clocks"], "50 up, 50 down");
  EXPECT_EQ(node["a slow reader"], "bounded, closed with 4008");
  EXPECT_EQ(node["two servers, nothing between them"], "A read [hi], B read []");
  EXPECT_EQ(node["a relay between them"], "A read [one], B read [one]");
  EXPECT_EQ(node["B's subscription is away"], "PUBLISH told 1 server");
  EXPECT_EQ(node["it is back"], "B read [three]");
}

TEST_F(Ws, AHostilePeerGetsTheCodeThatWsGives) {
  Rows node = of_node();
  Rows lab;
  for (const Cells& row :
       play("11_chat", {"--scene", "hostile"}).table("hostile peers").rows) {
    if (node.contains(row[0])) lab[row[0]] = row[1];
  }
  EXPECT_EQ(lab.size(), 6u);
  EXPECT_EQ(node["a binary message"], "taken");  // where the two rightly differ
  EXPECT_EQ(lab["a binary message"], "1003") << "the chat speaks text only";
  lab.erase("a binary message");
  for (const auto& [peer, code] : lab) EXPECT_EQ(node[peer], code) << peer;
}

}  // namespace
