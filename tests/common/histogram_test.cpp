#include "lab/histogram.hpp"

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
}

}  // namespace
}  // namespace lab
