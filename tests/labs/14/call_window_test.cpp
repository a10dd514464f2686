// The window: what it holds at each moment, against sums made anew from a plain list.
#include "call_window.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace lab14 {
namespace {

TEST(Tally, OfNoCallHasNoFailures) {
  EXPECT_EQ(Tally{}.failure_rate(), 0);
  EXPECT_EQ((Tally{.calls = 4, .failures = 1}.failure_rate()), 0.25);
}

TEST(CallWindow, HoldsAllUntilItIsFull) {
  CallWindow window(3);
  window.add(true);
  window.add(false);
  EXPECT_EQ(window.tally(), (Tally{2, 1}));
}

TEST(CallWindow, ForgetsTheOldestWhenOneMoreComes) {
  CallWindow window(2);
  window.add(true);
  window.add(false);
  EXPECT_EQ(window.tally(), (Tally{2, 1}));
  window.add(false);
  EXPECT_EQ(window.tally(), (Tally{2, 0}));
}

TEST(CallWindow, OfOneHoldsTheLatestOnly) {
  CallWindow window(1);
  window.add(true);
  window.add(false);
  EXPECT_EQ(window.tally(), (Tally{1, 0}));
}

TEST(CallWindow, AgreesWithAPlainListOfTheLastCalls) {
  std::mt19937 random(14);
  for (const std::size_t size : {1, 2, 7, 100}) {
    CallWindow window(size);
    std::deque<bool> list;
    for (int i = 0; i < 1000; ++i) {
      const bool failed = random() % 2;
      window.add(failed);
      list.push_back(failed);
      if (list.size() > size) list.pop_front();
      Tally expected;
      expected.calls = list.size();
      for (const bool one : list) expected.failures += one;
      ASSERT_EQ(window.tally(), expected) << "window of " << size << ", call " << i;
    }
  }
}

}  // namespace
}  // namespace lab14
