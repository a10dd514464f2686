// Lab 02 as a person runs it: without Node, and with its knob.
#include <gmock/gmock.h>

#include "../support/played.hpp"

namespace {

using namespace lab::test;
using testing::HasSubstr;

TEST(NextTickLab, ProvesItsLedgerWithoutNodeAndSaysWhatIsMissing) {
  const std::vector<std::pair<std::string, std::string>> no_node{
      {"PATH", "/nonexistent"}};
  const Played proof = play("02_next_tick", {"--quick"}, no_node);
  EXPECT_EQ(proof.exit.code, 0) << proof.exit.err;
  EXPECT_EQ(proof.proven.size(), 6u);
  const Played modules = play("02_next_tick", {"--scene", "modules"}, no_node);
  EXPECT_EQ(modules.exit.code, 0) << modules.exit.err;
  EXPECT_THAT(modules.exit.out, HasSubstr("Not played in Node itself"));
}

TEST(NextTickLab, StarvesForAsLongAsItsKnobSays) {
  const Played starving = play("02_next_tick", {"--scene", "starving", "--hold", "50ms"});
  EXPECT_EQ(starving.exit.code, 0) << starving.exit.err;
  EXPECT_THAT(starving.exit.out, HasSubstr("A job queues itself for 50 ms"));
}

}  // namespace
