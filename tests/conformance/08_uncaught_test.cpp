// Lab 08 beside Node: the same programs end alike and print the same.
#include <gmock/gmock.h>

#include "../support/played.hpp"

namespace {

using namespace lab::test;

using UncaughtBesideNode = BesideNode;

TEST_F(UncaughtBesideNode, ProgramsEndAlikeAndPrintTheSame) {
  Rows node = twin("08_uncaught");
  Rows lab = play("08_uncaught", {"--scene", "rules"}).rows();
  EXPECT_EQ(lab.size(), 19u);
  lab["careless, swallowed"] =
      play("08_uncaught", {"--scene", "state"}).rows().at("careless, swallowed");
  EXPECT_EQ(lab, node);
}

}  // namespace
