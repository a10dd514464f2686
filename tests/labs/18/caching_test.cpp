// The cache in the process: order of use, expiry, and one load for many callers.
#include "caching.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/finishes.hpp"
#include "support/wait_until.hpp"

namespace lab18 {
namespace {

using namespace std::chrono_literals;
using lab::test::finishes;
using lab::test::wait_until;
using testing::Optional;

struct FakeClock {
  TimePoint now{};
  std::function<TimePoint()> read() {
    return [this] { return now; };
  }
};

using Numbers = Cache<std::string, int>;

int no_load() {
  ADD_FAILURE() << "there was nothing to load";
  return -1;
}

TEST(CacheTest, GivesBackWhatWasStored) {
  Numbers cache({.entries = 2});
  EXPECT_EQ(cache.get("a"), std::nullopt);
  cache.set("a", 1);
  EXPECT_THAT(cache.get("a"), Optional(1));
  cache.set("a", 2);
  EXPECT_THAT(cache.get("a"), Optional(2));
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.counts().hits, 2u);
  EXPECT_EQ(cache.counts().misses, 1u);
}

TEST(CacheTest, WithoutAnyRoomIsRefused) {
  EXPECT_THROW(Numbers({.entries = 0}), std::invalid_argument);
  EXPECT_NO_THROW(Numbers({.entries = 1}));
}

TEST(CacheTest, AFullCacheDropsWhatWasNotUsedForLongest) {
  Numbers cache({.entries = 3});
  cache.set("a", 1);
  cache.set("b", 2);
  cache.set("c", 3);
  EXPECT_EQ(cache.counts().evictions, 0u);
  cache.get("a");     // b is the oldest now
  cache.set("d", 4);  // b goes
  cache.set("c", 5);  // a is the oldest now
  cache.get_or_load("e", [] { return 6; });
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.counts().evictions, 2u);
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_EQ(cache.get("b"), std::nullopt);
  EXPECT_THAT(cache.get("c"), Optional(5));
  EXPECT_THAT(cache.get("d"), Optional(4));
  EXPECT_THAT(cache.get("e"), Optional(6));
}

TEST(CacheTest, AnErasedEntryIsGone) {
  Numbers cache({.entries = 2});
  cache.set("a", 1);
  cache.set("b", 2);
  cache.erase("a");
  cache.erase("never there");
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_THAT(cache.get("b"), Optional(2));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(CacheTest, AnEntryIsFreshUntilTheLastNanosecond) {
  FakeClock clock;
  Numbers cache({.entries = 2, .fresh_for = 10ms}, clock.read());
  cache.set("a", 1);
  clock.now += 10ms - 1ns;
  EXPECT_THAT(cache.get("a"), Optional(1));
  clock.now += 1ns;
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_EQ(cache.size(), 0u) << "what has expired is dropped when it is asked for";
}

TEST(CacheTest, StoringAgainMakesItFreshAgainButReadingDoesNot) {
  FakeClock clock;
  Numbers cache({.entries = 2, .fresh_for = 10ms}, clock.read());
  cache.set("a", 1);
  clock.now += 9ms;
  cache.get("a");
  cache.set("a", 2);
  clock.now += 9ms;
  EXPECT_THAT(cache.get("a"), Optional(2));
  clock.now += 1ms;
  EXPECT_EQ(cache.get("a"), std::nullopt);
}

TEST(CacheTest, WithoutExpiryItNeverAsksTheClock) {
  int asked = 0;
  Numbers cache({.entries = 2}, [&asked] {
    ++asked;
    return TimePoint::max();
  });
  cache.set("a", 1);
  EXPECT_THAT(cache.get("a"), Optional(1));
  EXPECT_EQ(cache.get_or_load("a", no_load), 1);
  EXPECT_EQ(asked, 0);
}

TEST(CacheTest, LoadsOnceAndKeepsTheResult) {
  Numbers cache({.entries = 2});
  EXPECT_EQ(cache.get_or_load("a", [] { return 1; }), 1);
  EXPECT_EQ(cache.get_or_load("a", no_load), 1);
  EXPECT_EQ(cache.counts().misses, 1u);
  EXPECT_EQ(cache.counts().hits, 1u);
  EXPECT_EQ(cache.counts().waits, 0u);
}

TEST(CacheTest, AFailedLoadIsNotKept) {
  Numbers cache({.entries = 2});
  const auto fail = []() -> int { throw std::runtime_error("the database is away"); };
  EXPECT_THROW(cache.get_or_load("a", fail), std::runtime_error);
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.get_or_load("a", [] { return 1; }), 1);
}

TEST(CacheTest, AStaleValueIsReloadedByWhoeverFindsIt) {
  FakeClock clock;
  Numbers cache({.entries = 2, .fresh_for = 10ms, .stale_for = 5ms}, clock.read());
  cache.set("a", 1);
  clock.now += 10ms;
  EXPECT_EQ(cache.get("a"), std::nullopt) << "get() gives only what is fresh";
  EXPECT_EQ(cache.get_or_load("a",
                              [&] {
                                // Meanwhile everybody else is served at once.
                                EXPECT_EQ(cache.get_or_load("a", no_load), 1);
                                return 2;
                              }),
            2);
  EXPECT_EQ(cache.counts().stale_hits, 1u);
  EXPECT_THAT(cache.get("a"), Optional(2));
}

TEST(CacheTest, AStaleValueServesUntilItsLastNanosecondIfTheReloadFails) {
  FakeClock clock;
  Numbers cache({.entries = 2, .fresh_for = 10ms, .stale_for = 5ms}, clock.read());
  const auto fail = []() -> int { throw std::runtime_error("the database is away"); };
  cache.set("a", 1);
  clock.now += 15ms - 1ns;
  EXPECT_EQ(cache.get_or_load("a", fail), 1);
  clock.now += 1ns;
  EXPECT_THROW(cache.get_or_load("a", fail), std::runtime_error);
}

// Callers that all ask for one key while its load is held up.
class Stampede : public testing::Test {
 protected:
  template <class Load>
  void ask(int callers, Load load) {
    finishes("every caller gets an answer", [&] {
      std::vector<std::jthread> threads;
      for (int i = 0; i < callers; ++i) {
        threads.emplace_back([&] {
          try {
            sum_ += cache_.get_or_load("a", load);
          } catch (const std::runtime_error&) {
            ++failed_;
          }
        });
      }
    });
  }
  void until_all_wait(std::uint64_t waits) {
    wait_until(
        "the others wait", [&] { return cache_.counts().waits == waits; },
        [] { std::this_thread::yield(); });
  }

  Numbers cache_{{.entries = 2}};
  std::atomic<int> loads_ = 0, sum_ = 0, failed_ = 0;
};

TEST_F(Stampede, OneLoadServesFiftyCallers) {
  ask(50, [&] {
    ++loads_;
    until_all_wait(49);
    return 1;
  });
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(sum_, 50);
  EXPECT_EQ(cache_.counts().misses, 50u);
  EXPECT_THAT(cache_.get("a"), Optional(1));
}

TEST_F(Stampede, AFailureReachesAllWhoWaitedAndNobodyLater) {
  ask(10, [&]() -> int {
    ++loads_;
    until_all_wait(9);
    throw std::runtime_error("the database is away");
  });
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(failed_, 10);
  EXPECT_EQ(cache_.get_or_load("a", [] { return 2; }), 2);
}

TEST_F(Stampede, KeysDoNotWaitForOneAnother) {
  finishes("a load of b does not wait for a load of a", [&] {
    EXPECT_EQ(cache_.get_or_load(
                  "a", [&] { return 1 + cache_.get_or_load("b", [] { return 1; }); }),
              2);
  });
}

// The reader that read the database before a write must not store what it read.
TEST_F(Stampede, WhatWasErasedDuringItsLoadIsNotStored) {
  EXPECT_EQ(cache_.get_or_load("a",
                               [&] {
                                 cache_.erase("a");
                                 return 1;
                               }),
            1);
  EXPECT_EQ(cache_.get("a"), std::nullopt);
}

TEST_F(Stampede, WhatWasSetDuringALoadWins) {
  cache_.get_or_load("a", [&] {
    cache_.set("a", 2);
    return 1;
  });
  EXPECT_THAT(cache_.get("a"), Optional(2));
}

TEST_F(Stampede, ALoadThatWasForgottenDoesNotEndTheNextOne) {
  cache_.get_or_load("a", [&] {
    cache_.erase("a");
    EXPECT_EQ(cache_.get_or_load("a",
                                 [&] {
                                   loads_ = 1;
                                   return 2;
                                 }),
              2);
    return 1;
  });
  EXPECT_EQ(loads_, 1);
  EXPECT_THAT(cache_.get("a"), Optional(2));

  // And the other way round: the forgotten one ends while the next is under way.
  std::promise<void> old_is_forgotten, new_is_loading, old_has_ended;
  std::jthread old([&] {
    cache_.get_or_load("b", [&] {
      cache_.erase("b");
      old_is_forgotten.set_value();
      new_is_loading.get_future().wait();
      return 1;
    });
    old_has_ended.set_value();
  });
  old_is_forgotten.get_future().wait();
  EXPECT_EQ(cache_.get_or_load("b",
                               [&] {
                                 new_is_loading.set_value();
                                 old_has_ended.get_future().wait();
                                 return 2;
                               }),
            2);
  EXPECT_THAT(cache_.get("b"), Optional(2));
}

// What a cache of this size would hold, written as plainly as can be.
class Model {
 public:
  explicit Model(std::size_t entries) : entries_(entries) {}
  std::optional<int> get(int key) {
    const auto at = find(key);
    if (at == used_.end()) return std::nullopt;
    const auto entry = *at;
    used_.erase(at);
    used_.push_back(entry);
    return entry.second;
  }
  void set(int key, int value) {
    erase(key);
    if (used_.size() == entries_) used_.erase(used_.begin());
    used_.emplace_back(key, value);
  }
  void erase(int key) {
    if (const auto at = find(key); at != used_.end()) used_.erase(at);
  }

 private:
  std::vector<std::pair<int, int>>::iterator find(int key) {
    return std::ranges::find(used_, key, &std::pair<int, int>::first);
  }
  std::size_t entries_;
  std::vector<std::pair<int, int>> used_;
};

TEST(CacheProperty, HoldsWhatAPlainListHolds) {
  std::mt19937 random(18);
  for (int round = 0; round < 200; ++round) {
    const std::size_t entries = 1 + random() % 5;
    Cache<int, int> cache({.entries = entries});
    Model model(entries);
    for (int step = 0; step < 200; ++step) {
      const int key = static_cast<int>(random() % 8);
      switch (random() % 4) {
        case 0:
          cache.set(key, step);
          model.set(key, step);
          break;
        case 1:
          cache.erase(key);
          model.erase(key);
          break;
        default:
          ASSERT_EQ(cache.get(key), model.get(key)) << "round " << round;
      }
      ASSERT_LE(cache.size(), entries);
    }
  }
}

TEST(CacheThreads, ManyThreadsNeverSeeAnotherKeysValue) {
  Cache<int, int> cache({.entries = 8, .fresh_for = 50us, .stale_for = 50us});
  std::atomic<int> wrong = 0;
  finishes("nobody waits for ever", [&] {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937 random(seed);
        for (int i = 0; i < 5'000; ++i) {
          const int key = static_cast<int>(random() % 16);
          if (random() % 10 == 0) {
            cache.erase(key);
          } else if (random() % 10 == 0) {
            cache.set(key, key * 3);
          } else {
            wrong += cache.get_or_load(key, [key] { return key * 3; }) != key * 3;
          }
        }
      });
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.size(), 8u);
}

}  // namespace
}  // namespace lab18
