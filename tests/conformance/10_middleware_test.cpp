// Lab 10 beside Express 5: the same chain answers the same requests by the same layers.
#include "../support/played.hpp"

namespace {

using namespace lab::test;

class MiddlewareBesideExpress : public BesideNode {
 protected:
  MiddlewareBesideExpress() : BesideNode("express") {}
};

TEST_F(MiddlewareBesideExpress, EveryRequestTakesTheSameRoad) {
  const Rows express = twin("10_middleware");
  EXPECT_EQ(express.size(), 23u);
  EXPECT_EQ(play("10_middleware", {"--scene", "roads"}).rows(" | "), express);
}

}  // namespace
