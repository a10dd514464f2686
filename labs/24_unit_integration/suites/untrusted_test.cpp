// Tests that should not be trusted. Each of them is green, at least sometimes.
#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace {

int answer() {
  return 41;
}  // the fault that a test should find

// Nobody asks the future, so the expectation in it is never looked at.
TEST(Waiting, IsForgotten) {
  const auto later = std::async(std::launch::deferred, [] { EXPECT_EQ(answer(), 42); });
}

TEST(Waiting, IsDone) {
  std::async(std::launch::deferred, [] { EXPECT_EQ(answer(), 42); }).get();
}

// One list for all tests: the second needs what the first has left there.
std::vector<int> shared;

TEST(Shared, Adds) {
  shared.push_back(1);
  EXPECT_EQ(shared.size(), 1u);
}
TEST(Shared, FindsWhatWasAdded) {
  EXPECT_EQ(shared.size(), 1u);
}
TEST(Shared, StaysAsItWas) {
  EXPECT_LE(shared.size(), 1u);
}

// The same tests with a list of their own.
struct Own : testing::Test {
  std::vector<int> list{1};
};
TEST_F(Own, Adds) {
  list.push_back(2);
  EXPECT_EQ(list.size(), 2u);
}
TEST_F(Own, FindsWhatWasAdded) {
  EXPECT_EQ(list.size(), 1u);
}
TEST_F(Own, StaysAsItWas) {
  EXPECT_LE(list.size(), 1u);
}

}  // namespace
