#include "diagnosis.hpp"

#include <gtest/gtest.h>

#include "support/sanitized.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace {

using namespace lab21;

constexpr double kMiB = 1 << 20;

TEST(Diagnosis, FlatLiveMemoryIsNoLeak) {
  EXPECT_EQ(diagnose({}), Fault::none);
  EXPECT_EQ(diagnose({.growth = 63, .live = 9 * kMiB, .resident_growth = 10 * kMiB}),
            Fault::none);
  EXPECT_EQ(diagnose({.growth = 64, .live = 9 * kMiB, .resident_growth = 10 * kMiB}),
            Fault::cache);
}

TEST(Diagnosis, TellsWhatIsResidentAndNotLive) {
  EXPECT_EQ(diagnose({.live = kMiB, .kept = 6 * kMiB, .resident_growth = 10 * kMiB}),
            Fault::fragmentation);
  EXPECT_EQ(diagnose({.live = kMiB, .kept = 5 * kMiB, .resident_growth = 10 * kMiB}),
            Fault::none)
      << "half of it is not most of it";
  EXPECT_EQ(diagnose({.live = kMiB, .kept = kMiB, .resident_growth = 10 * kMiB}),
            Fault::outside);
  EXPECT_EQ(diagnose({.live = kMiB, .kept = kMiB, .resident_growth = 8 * kMiB}),
            Fault::none);
  EXPECT_EQ(diagnose({.kept = kMiB, .resident_growth = kMiB}), Fault::none);
}

TEST(Diagnosis, AsksWhoReachesTheMemoryBeforeItAsksForWork) {
  EXPECT_EQ(diagnose({.growth = 500, .idle_work = 99, .reach = {0.9, 1}}), Fault::lost);
  EXPECT_EQ(diagnose({.growth = 500, .idle_work = 99, .reach = {0.9, 0}}), Fault::cycle);
  EXPECT_EQ(diagnose({.growth = 500, .reach = {0.9, 0.5}}), Fault::cycle);
  EXPECT_EQ(diagnose({.growth = 500, .idle_work = 99, .reach = {0.5, 1}}), Fault::timer);
}

TEST(Diagnosis, TellsHoldersByTheWorkThatTheyDo) {
  EXPECT_EQ(diagnose({.growth = 500, .repeat_growth = 500, .idle_work = 11}),
            Fault::timer);
  EXPECT_EQ(diagnose({.growth = 500, .repeat_growth = 500, .event_work = 11}),
            Fault::listener);
  EXPECT_EQ(diagnose({.growth = 500, .idle_work = 10, .event_work = 10}), Fault::cache);
  EXPECT_EQ(diagnose({.growth = 500, .repeat_growth = 49}), Fault::cache);
  EXPECT_EQ(diagnose({.growth = 500, .repeat_growth = 50}), Fault::unknown);
}

TEST(Diagnosis, CallsARiseByWhatIsResident) {
  EXPECT_FALSE(rose({.live = 9 * kMiB, .resident_growth = 2 * kMiB}));
  EXPECT_TRUE(rose({.resident_growth = 2 * kMiB + 1}));
}

class Reach : public testing::Test {
 protected:
  void SetUp() override {
    if (lab::test::kAddressSanitizer)
      GTEST_SKIP() << "locals lie on stacks of its own there";
  }
  static Reachability after(void (*plant)()) {
    HeapSampler sampler(1);
    const Recording recording(sampler);
    plant();
    return reachability(sampler.snapshot());
  }
};

TEST_F(Reach, WhatAVariableHoldsIsReachable) {
  HeapSampler sampler(1);
  const Recording recording(sampler);
  Calls listeners;
  for (int i = 0; i < 100; ++i) subscribe(listeners, 1000);
  EXPECT_EQ(reachability(sampler.snapshot()).unreachable, 0);
}

TEST_F(Reach, ALostBlockIsAHead) {
  const Reachability reach = after([] {
    for (int i = 0; i < 100; ++i) forget_buffer(1000);
  });
  EXPECT_GT(reach.unreachable, 0.9);  // an old word on the stack may keep one
  EXPECT_EQ(reach.heads, 1);
}

TEST_F(Reach, ACycleHasNoHead) {
  const Reachability reach = after([] {
    for (int i = 0; i < 100; ++i) open_session(1000);
  });
  EXPECT_GT(reach.unreachable, 0.9);
  EXPECT_EQ(reach.heads, 0);
}

TEST_F(Reach, OfNothingIsNothing) {
  EXPECT_EQ(reachability({}).unreachable, 0);
}

}  // namespace
