// What a caller passes as a duration, in every unit and at its limits.
#include "lab/core/time_span.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using lab::TimeSpan;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(TimeSpan, KeepsWhatFits) {
  EXPECT_EQ(TimeSpan(0ns), 0ns);
  EXPECT_EQ(TimeSpan(7ns), 7ns);
  EXPECT_EQ(TimeSpan(-3ms), -3ms);
  EXPECT_EQ(TimeSpan(1.5s), 1500ms);
  EXPECT_EQ(TimeSpan(TimeSpan::kForEver - 1ns), TimeSpan::kForEver - 1ns);
  EXPECT_EQ(TimeSpan(1ns - TimeSpan::kForEver), 1ns - TimeSpan::kForEver);
}

TEST(TimeSpan, TakesTheMostOfAnyUnitForEver) {
  EXPECT_EQ(TimeSpan(nanoseconds::max()), TimeSpan::kForEver);
  EXPECT_EQ(TimeSpan(std::chrono::milliseconds::max()), TimeSpan::kForEver);
  EXPECT_EQ(TimeSpan(std::chrono::hours::max()), TimeSpan::kForEver);
  EXPECT_EQ(TimeSpan(std::chrono::seconds::min()), -TimeSpan::kForEver);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(nanoseconds(TimeSpan(std::chrono::duration<double>(infinity))),
            TimeSpan::kForEver);
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(nanoseconds(TimeSpan(std::chrono::duration<double>(nothing))),
            -TimeSpan::kForEver);
}

TEST(TimeSpan, CanBeAddedToAnyMomentOfTheClock) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GT(now + TimeSpan(nanoseconds::max()), now + std::chrono::hours(24 * 365 * 99));
}

}  // namespace
