// Lab 07 as a person runs it, with pools of other sizes.
#include <gmock/gmock.h>

#include "../support/played.hpp"

namespace {

using namespace lab::test;

TEST(WorkersLab, KeepsThePoolsPromisesWithOtherSettingsToo) {
  for (const char* threads : {"1", "5"}) {
    const Played played = play("07_workers", {"--quick", "--scene", "overload",
                                              "--threads", threads, "--queue", "1"});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_THAT(played.exit.out, testing::HasSubstr("what was accepted was done"));
  }
}

}  // namespace
