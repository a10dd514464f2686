#include "lab/core/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace lab {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Latency, IsZeroWithoutRecords) {
  const Latency latency;
  EXPECT_EQ(latency.count(), 0u);
  EXPECT_EQ(latency.max(), 0ns);
  EXPECT_EQ(latency.mean(), 0ns);
  EXPECT_EQ(latency.percentile(99), 0ns);
}

TEST(Latency, KeepsMeanAndMaximumExactly) {
  Latency latency;
  for (const auto duration : {1ms, 2ms, 6ms}) latency.record(duration);
  EXPECT_EQ(latency.mean(), 3ms);
  EXPECT_EQ(latency.max(), 6ms);
  EXPECT_EQ(latency.percentile(100), 6ms);
}

TEST(Latency, TellsPercentilesWithinItsPrecision) {
  std::mt19937 random(3);
  std::lognormal_distribution<double> spread(14, 1.5);  // around a millisecond
  Latency latency;
  std::vector<double> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(spread(random));
    latency.record(nanoseconds(static_cast<std::int64_t>(all.back())));
  }
  std::ranges::sort(all);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const double exact = all[static_cast<std::size_t>(20'000 * percent / 100) - 1];
    const double told = static_cast<double>(latency.percentile(percent).count());
    EXPECT_NEAR(told / exact, 1, 0.025) << percent;
  }
}

TEST(Latency, TakesWhatIsBeyondBothEnds) {
  Latency latency;
  latency.record(0ns);
  latency.record(-5ms);
  latency.record(1h);
  EXPECT_EQ(latency.count(), 3u);
  EXPECT_LE(latency.percentile(50), 2us);
  EXPECT_EQ(latency.max(), 1h);
}

TEST(Latency, MergesAsIfAllHadBeenRecordedInOne) {
  Latency odd, even, all;
  for (int i = 1; i <= 1000; ++i) {
    (i % 2 ? odd : even).record(i * 1us);
    all.record(i * 1us);
  }
  odd.merge(even);
  EXPECT_EQ(odd.count(), all.count());
  EXPECT_EQ(odd.mean(), all.mean());
  EXPECT_EQ(odd.percentile(90), all.percentile(90));
  EXPECT_EQ(odd.max(), all.max());
}

TEST(Latency, KeepsTheLargerMaximumOfTheTwoThatAreMerged) {
  for (const auto& [mine, other] : {std::pair{1ms, 7ms}, {7ms, 1ms}}) {
    Latency latency, merged;
    latency.record(mine);
    merged.record(other);
    latency.merge(merged);
    EXPECT_EQ(latency.max(), 7ms);
    EXPECT_EQ(latency.count(), 2u);
    EXPECT_EQ(latency.mean(), 4ms);
  }
}

// From the first record to the last, and never more than the maximum.
TEST(Latency, TellsThePercentilesOfOneRecordAndOfTwo) {
  Latency latency;
  latency.record(5ms);
  for (const double percent : {0.0, 1.0, 50.0, 100.0}) {
    EXPECT_EQ(latency.percentile(percent), 5ms) << percent;
  }
  latency.record(9ms);
  for (const double percent : {0.0, 1.0, 50.0}) {
    EXPECT_GE(latency.percentile(percent), 5ms) << percent;
    EXPECT_LT(latency.percentile(percent), 6ms) << percent;
  }
  EXPECT_EQ(latency.percentile(51), 9ms);
  EXPECT_EQ(latency.percentile(100), 9ms);
}

}  // namespace
}  // namespace lab
