// An assertion without a runner, as Chai is one: it throws, and the rest is ours.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(throw_on_failure, true);
  try {
    EXPECT_EQ(1, 2);
  } catch (const std::exception&) {
    // Somebody swallows it, and nobody counts.
  }
}
