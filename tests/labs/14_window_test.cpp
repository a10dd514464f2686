// The windows: what they hold at each moment, against sums made anew from a plain list.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "window.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;

TEST(CountWindow, HoldsAllUntilItIsFull) {
  CountWindow window(3);
  window.add(true, false);
  window.add(false, true);
  EXPECT_EQ(window.total(), (Tally{2, 1, 1}));
}

TEST(CountWindow, ForgetsTheOldestWhenOneMoreComes) {
  CountWindow window(2);
  window.add(true, true);
  window.add(false, false);
  EXPECT_EQ(window.total(), (Tally{2, 1, 1}));
  window.add(false, false);
  EXPECT_EQ(window.total(), (Tally{2, 0, 0}));
}

TEST(CountWindow, OfOneHoldsTheLatestOnly) {
  CountWindow window(1);
  window.add(true, false);
  window.add(false, false);
  EXPECT_EQ(window.total(), (Tally{1, 0, 0}));
}

TEST(CountWindow, ClearedStartsFromNothing) {
  CountWindow window(2);
  for (int i = 0; i < 3; ++i) window.add(true, true);
  window.clear();
  EXPECT_EQ(window.total(), Tally{});
  EXPECT_EQ(window.add(false, true), (Tally{1, 0, 1}));
}

TEST(CountWindow, AgreesWithAPlainListOfTheLastCalls) {
  std::mt19937 random(14);
  for (const std::size_t size : {1, 2, 7, 100}) {
    CountWindow window(size);
    std::deque<std::pair<bool, bool>> list;
    for (int i = 0; i < 1000; ++i) {
      const bool failed = random() % 2, slow = random() % 3 == 0;
      window.add(failed, slow);
      list.emplace_back(failed, slow);
      if (list.size() > size) list.pop_front();
      Tally expected;
      for (const auto& [f, s] : list) expected.add(f, s);
      ASSERT_EQ(window.total(), expected) << "window of " << size << ", call " << i;
    }
  }
}

TEST(TimeWindow, HoldsAnOutcomeUntilTheLastNanosecondOfTheSpan) {
  TimeWindow window(10s, 10);
  window.add(TimePoint(0s), true, true);
  EXPECT_EQ(window.total_at(TimePoint(10s - 1ns)), (Tally{1, 1, 1}));
  EXPECT_EQ(window.total_at(TimePoint(10s)), Tally{});
}

TEST(TimeWindow, DropsABucketAsAWhole) {
  TimeWindow window(10s, 10);
  window.add(TimePoint(1s - 1ns), true, false);  // the end of the first bucket
  EXPECT_EQ(window.total_at(TimePoint(10s - 1ns)).calls, 1u);
  EXPECT_EQ(window.total_at(TimePoint(10s)).calls, 0u);
}

TEST(TimeWindow, IsEmptyAfterASilenceOfManySpans) {
  TimeWindow window(10s, 10);
  for (int i = 0; i < 10; ++i) window.add(TimePoint(i * 1s), true, false);
  EXPECT_EQ(window.total_at(TimePoint(9s)).calls, 10u);
  EXPECT_EQ(window.total_at(TimePoint(1h)).calls, 0u);
}

TEST(TimeWindow, CountsAnOutcomeThatComesWithAnEarlierTimeAsNow) {
  TimeWindow window(10s, 10);
  window.add(TimePoint(100s), false, false);
  EXPECT_EQ(window.add(TimePoint(50s), true, false), (Tally{2, 1, 0}));
}

TEST(TimeWindow, AgreesWithAPlainListOfTheLastBuckets) {
  std::mt19937 random(14);
  for (const std::size_t buckets : {1, 3, 10}) {
    const Duration width = 100ms;
    TimeWindow window(width * static_cast<int>(buckets), buckets);
    std::deque<std::pair<TimePoint, bool>> list;
    TimePoint now(1h);
    for (int i = 0; i < 2000; ++i) {
      now += std::chrono::milliseconds(random() % (i % 100 == 0 ? 5000 : 60));
      const bool failed = random() % 2;
      window.add(now, failed, false);
      list.emplace_back(now, failed);
      const auto bucket = [&](TimePoint at) { return at.time_since_epoch() / width; };
      while (bucket(now) - bucket(list.front().first) >= static_cast<long>(buckets)) {
        list.pop_front();
      }
      Tally expected;
      for (const auto& entry : list) expected.add(entry.second, false);
      ASSERT_EQ(window.total_at(now), expected) << buckets << " buckets, call " << i;
    }
  }
}

}  // namespace
}  // namespace lab14
