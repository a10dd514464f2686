// Lab 07 as a person runs it, on a machine with one core.
#include <gmock/gmock.h>
#include <sched.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

// On one core two workers take turns, whatever they do: nothing to claim.
TEST(WorkersLab, ClaimsNoGainOnASingleCore) {
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const Played played = play("07_workers", {"--quick", "--scene", "scaling"});
  sched_setaffinity(0, sizeof all, &all);
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_FALSE(played.proven.contains("07.4"));
  EXPECT_THAT(played.exit.out, testing::HasSubstr("one core only"));
}

}  // namespace
