// Lab 02 as a person runs it: without Node, and with its knob.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::HasSubstr;

TEST(NextTickLab, ProvesItsLedgerWithoutNode) {
  const Played proof = play("02_next_tick", {"--quick"}, {{"PATH", "/nonexistent"}});
  EXPECT_EQ(proof.exit.code, 0) << proof.exit.err;
  EXPECT_EQ(proof.proven.size(), 6u);
}

TEST(NextTickLab, StarvesForAsLongAsItsKnobSays) {
  const Played starving = play("02_next_tick", {"--scene", "starving", "--hold", "50ms"});
  EXPECT_EQ(starving.exit.code, 0) << starving.exit.err;
  EXPECT_THAT(starving.exit.out, HasSubstr("A job keeps rescheduling itself for 50 ms"));
}

}  // namespace
