// The cache in Redis, on a real Redis: values, versions, leases.
#include "shared_cache.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis_server.hpp"
#include "support/finishes.hpp"
#include "support/own_run.hpp"
#include "support/wait_until.hpp"

namespace lab18 {
namespace {

using namespace std::chrono_literals;
using lab::test::finishes;
using lab::test::wait_until;
using testing::Optional;

class SharedCacheTest : public testing::Test {
 protected:
  static void SetUpTestSuite() try {
    run_ = std::make_unique<lab::test::OwnRun>();
    server_ = std::make_unique<lab::RedisServer>();
  } catch (const lab::Absent&) {
  }
  static void TearDownTestSuite() {
    server_.reset();
    run_.reset();
  }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "needs redis-server";
    lab::Redis(server_->url()).command({"FLUSHDB"});
    cache_ = std::make_unique<SharedCache>(server_->url(), config_);
    other_ = std::make_unique<SharedCache>(server_->url(), config_);
  }
  std::string raw(const std::vector<std::string>& words) {
    return lab::Redis(server_->url()).command(words);
  }

  static inline std::unique_ptr<lab::test::OwnRun> run_;
  static inline std::unique_ptr<lab::RedisServer> server_;
  const SharedCacheConfig config_{.prefix = "p:", .fresh_for = 60s, .lease_for = 60s};
  std::unique_ptr<SharedCache> cache_, other_;
};

TEST_F(SharedCacheTest, OneInstanceReadsWhatTheOtherStored) {
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  cache_->set("a", "1");
  EXPECT_THAT(other_->get("a"), Optional(std::string("1")));
  other_->erase("a");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
}

TEST_F(SharedCacheTest, KeepsAnyBytes) {
  for (const std::string& value :
       {std::string(), std::string("a:b"), std::string("\0\r\n\xff", 4)}) {
    cache_->set("a", value);
    EXPECT_THAT(cache_->get("a"), Optional(value));
    EXPECT_THAT(cache_->get_or_lease("a").value, Optional(value));
  }
}

TEST_F(SharedCacheTest, EverythingHasAPrefixAndExpires) {
  cache_->set("a", "1");
  cache_->set_newer("b", 1, "1");
  cache_->fill("c", cache_->get_or_lease("c").token, "1");
  cache_->get_or_lease("d");
  EXPECT_EQ(raw({"DBSIZE"}), "4");
  for (const char* key : {"p:a", "p:b", "p:c", "p:lease:d"}) {
    EXPECT_GT(std::stol(raw({"PTTL", key})), 50'000) << key;
    EXPECT_LE(std::stol(raw({"PTTL", key})), 60'000) << key;
  }
}

TEST_F(SharedCacheTest, ANewerVersionIsNeverReplacedByAnOlderOne) {
  EXPECT_TRUE(cache_->set_newer("a", 2, "two"));
  EXPECT_FALSE(other_->set_newer("a", 1, "one"));
  EXPECT_FALSE(other_->set_newer("a", 2, "two again"));
  EXPECT_THAT(cache_->get("a"), Optional(std::string("two")));
  EXPECT_TRUE(other_->set_newer("a", 10, "ten")) << "as numbers, not as texts";
  EXPECT_THAT(cache_->get("a"), Optional(std::string("ten")));
}

TEST_F(SharedCacheTest, OneOfThoseWhoMissGetsTheLease) {
  const auto first = cache_->get_or_lease("a");
  EXPECT_EQ(first.value, std::nullopt);
  EXPECT_NE(first.token, "");
  const auto second = other_->get_or_lease("a");
  EXPECT_EQ(second.value, std::nullopt);
  EXPECT_EQ(second.token, "");
  EXPECT_NE(other_->get_or_lease("b").token, "") << "another key has its own";
  EXPECT_FALSE(other_->fill("a", "made up", "0"));
  EXPECT_FALSE(other_->fill("a", "", "0"));
  EXPECT_TRUE(cache_->fill("a", first.token, "1"));
  EXPECT_FALSE(cache_->fill("a", first.token, "2")) << "a token is good for one fill";
  EXPECT_THAT(other_->get_or_lease("a").value, Optional(std::string("1")));
}

TEST_F(SharedCacheTest, AWriteTakesTheLeaseBack) {
  const auto lease = cache_->get_or_lease("a");
  other_->erase("a");
  EXPECT_FALSE(cache_->fill("a", lease.token, "old"));
  EXPECT_EQ(cache_->get("a"), std::nullopt);

  const auto next = cache_->get_or_lease("a");
  EXPECT_NE(next.token, lease.token);
  EXPECT_FALSE(cache_->fill("a", lease.token, "old"));
  other_->set("a", "new");
  EXPECT_FALSE(cache_->fill("a", next.token, "old"));
  EXPECT_THAT(cache_->get("a"), Optional(std::string("new")));
}

TEST_F(SharedCacheTest, ANewerVersionTakesTheLeaseBackToo) {
  const auto lease = cache_->get_or_lease("a");
  EXPECT_TRUE(other_->set_newer("a", 2, "two"));
  EXPECT_FALSE(cache_->fill("a", lease.token, "one"));
  EXPECT_THAT(cache_->get("a"), Optional(std::string("two")));
  EXPECT_FALSE(other_->set_newer("a", 1, "one")) << "its version is there still";
}

TEST_F(SharedCacheTest, ALeaseWhoseOwnerIsGoneRunsOut) {
  SharedCache hasty(server_->url(), {.prefix = "p:", .lease_for = 1ms});
  const auto lost = hasty.get_or_lease("a");
  SharedCache::Lookup next;
  wait_until("the lease runs out", [&] {
    next = cache_->get_or_lease("a");
    return !next.token.empty();
  });
  EXPECT_FALSE(hasty.fill("a", lost.token, "too late"));
  EXPECT_TRUE(cache_->fill("a", next.token, "1"));
}

TEST_F(SharedCacheTest, OfAllInstancesOneLoads) {
  std::atomic<int> loads = 0, right = 0;
  finishes("every instance gets the value", [&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        SharedCache mine(server_->url(), config_);
        right += mine.get_or_load("a", [&] {
          ++loads;
          return std::string("1");
        }) == "1";
      });
    }
  });
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(right, 8);
}

TEST_F(SharedCacheTest, AFailedLoadGivesTheLeaseBack) {
  const auto fail = []() -> std::string { throw std::runtime_error("away"); };
  EXPECT_THROW(cache_->get_or_load("a", fail), std::runtime_error);
  EXPECT_NE(other_->get_or_lease("a").token, "");

  // But not one that somebody else has by now.
  other_->erase("a");
  std::string theirs;
  EXPECT_THROW(cache_->get_or_load("a",
                                   [&]() -> std::string {
                                     other_->erase("a");
                                     theirs = other_->get_or_lease("a").token;
                                     throw std::runtime_error("away");
                                   }),
               std::runtime_error);
  EXPECT_TRUE(other_->fill("a", theirs, "1"));
}

TEST_F(SharedCacheTest, WhatWasWrittenDuringALoadIsNotOverwritten) {
  EXPECT_EQ(cache_->get_or_load("a",
                                [&] {
                                  other_->erase("a");
                                  return std::string("old");
                                }),
            "old");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
}

TEST_F(SharedCacheTest, NobodyWaitsForEver) {
  other_->get_or_lease("a");
  const auto load = []() -> std::string { return "never"; };
  EXPECT_THROW(cache_->get_or_load("a", load, 5ms), lab::Error);
  EXPECT_THROW(cache_->get_or_load("a", load, 0ms), lab::Error);
}

TEST_F(SharedCacheTest, SettingsWithWhichNothingCanStayAreRefused) {
  EXPECT_THROW(SharedCache(server_->url(), {.fresh_for = 0ms}), std::invalid_argument);
  EXPECT_THROW(SharedCache(server_->url(), {.lease_for = 0ms}), std::invalid_argument);
  EXPECT_NO_THROW(SharedCache(server_->url(), {.fresh_for = 1ms, .lease_for = 1ms}));
}

TEST_F(SharedCacheTest, WhatSomebodyElseLeftUnderItsKeyIsAnErrorAndNoValue) {
  raw({"SET", "p:a", "no colon"});
  EXPECT_THROW(cache_->get("a"), lab::Error);
  raw({"DEL", "p:a"});
  raw({"LPUSH", "p:a", "1"});
  EXPECT_THROW(cache_->get("a"), lab::Error);
  cache_->erase("a");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
}

}  // namespace
}  // namespace lab18
