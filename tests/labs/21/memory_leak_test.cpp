#include "memory_leak.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>
#include <thread>

#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace lab21 {

// Its name is exported and its stack is short, whatever the compiler inlines.
void* take_block(std::size_t size);
[[gnu::noinline]] void* take_block(std::size_t size) {
  void* const block = ::operator new(size);
  *static_cast<char*>(block) = 0;  // so this is no tail call
  return block;
}

}  // namespace lab21

namespace {

using namespace lab21;

// Blocks that are never read: only their addresses count.
char* address(int number) {
  return reinterpret_cast<char*>(static_cast<std::uintptr_t>(0x100000 + 16 * number));
}

TEST(HeapSampler, RecordsEveryBlockWithAMeanOfOne) {
  HeapSampler sampler(1);
  for (int i = 0; i < 1000; ++i) sampler.allocated(address(i), 8);
  const Estimate live = total(sampler.snapshot());
  EXPECT_EQ(live.count, 1000);
  EXPECT_EQ(live.bytes, 8000);
  EXPECT_EQ(live.error(), 0);
}

TEST(HeapSampler, ForgetsWhatIsFreed) {
  HeapSampler sampler(1);
  for (int i = 0; i < 100; ++i) sampler.allocated(address(i), 8);
  for (int i = 0; i < 100; i += 2) sampler.freed(address(i));
  EXPECT_EQ(total(sampler.snapshot()).count, 50);
  EXPECT_EQ(sampler.samples_taken(), 100u);
}

TEST(HeapSampler, DoesNotMindAFreeThatItDoesNotKnow) {
  HeapSampler sampler(1);
  sampler.allocated(address(1), 8);
  for (int i = 2; i < 100'000; ++i) sampler.freed(address(i));
  EXPECT_EQ(total(sampler.snapshot()).count, 1);
}

// The average of many runs comes to the truth, for sizes below, at and above the mean.
TEST(HeapSampler, EstimatesWithoutBias) {
  constexpr int kRuns = 300;
  double sum = 0, variance = 0, counts = 0, samples = 0, truth = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    HeapSampler sampler(4096, seed);
    truth = 0;
    for (int i = 0; i < 600; ++i) {
      const std::size_t size = i % 3 == 0 ? 64 : i % 3 == 1 ? 4096 : 20'000;
      sampler.allocated(address(i), size);
      truth += static_cast<double>(size);
    }
    const Snapshot seen = sampler.snapshot();
    const Estimate estimate = total(seen);
    sum += estimate.bytes;
    variance += estimate.variance;
    counts += estimate.count;
    samples += static_cast<double>(seen.samples.size());
  }
  EXPECT_NEAR(sum / kRuns, truth, 5 * std::sqrt(variance) / kRuns);
  EXPECT_NEAR(counts / kRuns, 600, 60);
  // 200 of each size, by 1 - exp(-size / mean).
  EXPECT_NEAR(samples / kRuns, 200 * (0.0155 + 0.6321 + 0.9924), 5);
}

// The stated error is that of the estimates: about two of three lie within it.
TEST(HeapSampler, StatesItsError) {
  constexpr int kRuns = 300;
  int within = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    HeapSampler sampler(4096, seed);
    for (int i = 0; i < 2000; ++i) sampler.allocated(address(i), 1000);
    const Estimate estimate = total(sampler.snapshot());
    within += std::abs(estimate.bytes - 2'000'000) < estimate.error();
  }
  EXPECT_GT(within, kRuns * 55 / 100);
  EXPECT_LT(within, kRuns * 80 / 100);
}

TEST(HeapSampler, RefusesAMeanOfZero) {
  EXPECT_THROW(HeapSampler(0), std::invalid_argument);
}

TEST(HeapSampler, SamplesEachThread) {
  HeapSampler sampler(1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&sampler, thread] {
      for (int i = 0; i < 1000; ++i) sampler.allocated(address(1000 * thread + i), 8);
      for (int i = 0; i < 500; ++i) sampler.freed(address(1000 * thread + i));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(total(sampler.snapshot()).count, 2000);
}

TEST(Snapshots, CompareCancelsWhatStandsInBoth) {
  HeapSampler sampler(1);
  sampler.allocated(address(1), 100);
  sampler.allocated(address(2), 30);
  const Snapshot before = sampler.snapshot();
  sampler.freed(address(2));
  sampler.allocated(address(3), 1000);
  double grown = 0;
  for (const Site& site : compare(before, sampler.snapshot())) grown += site.live.bytes;
  EXPECT_EQ(grown, 970);
}

// The same address may come again: it is another block.
TEST(Snapshots, CompareTellsBlocksByMoreThanTheirAddress) {
  HeapSampler sampler(1);
  sampler.allocated(address(1), 100);
  const Snapshot before = sampler.snapshot();
  sampler.freed(address(1));
  sampler.allocated(address(1), 400);
  double grown = 0;
  for (const Site& site : compare(before, sampler.snapshot())) grown += site.live.bytes;
  EXPECT_EQ(grown, 300);
}

TEST(Snapshots, KnowWhatCameBetweenTwoOfThem) {
  HeapSampler sampler(1);
  sampler.allocated(address(1), 1);
  sampler.snapshot();
  sampler.allocated(address(2), 10);
  sampler.allocated(address(3), 100);
  sampler.snapshot();
  sampler.allocated(address(4), 1000);
  sampler.freed(address(3));
  const auto survivors = by_site(sampler.snapshot(), 1);
  ASSERT_EQ(survivors.size(), 1u);
  EXPECT_EQ(survivors[0].live.bytes, 10);
}

TEST(Recording, NamesTheSitesAndHearsOfEachBlock) {
  HeapSampler sampler(1);
  Cache cache{.limit = 2};
  {
    const Recording recording(sampler);
    for (int i = 0; i < 5; ++i) put_in_cache(cache, i, 100);
    const auto sites = by_site(sampler.snapshot());
    ASSERT_FALSE(sites.empty());
    EXPECT_EQ(sites[0].name, "put_in_cache");
    EXPECT_EQ(sites[0].live.count, 4);  // two nodes and what they hold
  }
  put_in_cache(cache, 6, 100);  // nobody listens any more
  EXPECT_EQ(sampler.samples_taken(), 10u);
}

TEST(Recording, SortsWhatHasGrownAndHearsNothingOfTheLookAtIt) {
  HeapSampler sampler(1);
  Cache cache{.limit = 2};
  void* block = nullptr;
  std::vector<Site> grown;
  std::uint64_t before_the_look = 0, after_it = 0;
  {
    const Recording recording(sampler);
    const Snapshot before = sampler.snapshot();
    put_in_cache(cache, 1, 100);
    block = take_block(1000);
    const Snapshot after = sampler.snapshot();
    before_the_look = sampler.samples_taken();
    grown = compare(before, after);
    after_it = sampler.samples_taken();
  }
  ::operator delete(block);
  ASSERT_EQ(grown.size(), 2u);
  EXPECT_EQ(grown[0].name, "take_block");
  EXPECT_EQ(grown[1].name, "put_in_cache");
  EXPECT_EQ(after_it, before_the_look);
}

TEST(Estimate, IsNothingForABlockOfNoBytes) {
  Estimate estimate;
  estimate.add(0, 4096);
  EXPECT_EQ(estimate.bytes, 0);
  EXPECT_EQ(estimate.count, 0);
}

}  // namespace
