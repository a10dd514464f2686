// The limiter that all processes share, on a real Redis.
#include <gmock/gmock.h>

#include <thread>

#include "guards/rate_limiter.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis_server.hpp"
#include "support/own_run.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;

class SharedLimiter : public testing::Test {
 protected:
  void SetUp() override {
    try {
      server_.emplace();
    } catch (const lab::Absent& absent) {
      GTEST_SKIP() << absent.what();
    }
    redis_.emplace(server_->url());
  }
  RateLimiter limiter(Limit limit) {
    return make_shared_limiter(*redis_, "test:", limit);
  }
  static Decision ask(const RateLimiter& limiter, const std::string& client = "ann") {
    return limiter(client, Clock::time_point{});  // it asks Redis for the time
  }
  // Moves everything that Redis has counted into the past.
  void age(std::chrono::microseconds time) {
    redis_->command(
        {"EVAL",
         "for _, one in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')) do "
         "if _ % 2 == 1 then redis.call('ZINCRBY', KEYS[1], -ARGV[1], one) end end",
         "1", "test:ann", std::to_string(time.count())});
  }

  lab::test::OwnRun run_;
  std::optional<lab::RedisServer> server_;
  std::optional<lab::Redis> redis_;
};

TEST_F(SharedLimiter, CountsForAllOfThemTogether) {
  const auto a = limiter({.requests = 3, .window = 1h}),
             b = limiter({.requests = 3, .window = 1h});
  EXPECT_TRUE(ask(a).allowed);
  EXPECT_TRUE(ask(b).allowed);
  EXPECT_TRUE(ask(a).allowed);
  const Decision refused = ask(b);
  EXPECT_FALSE(refused.allowed);
  EXPECT_GT(refused.retry_after, 59min);
  EXPECT_LE(refused.retry_after, 1h);
  EXPECT_TRUE(ask(b, "bob").allowed);
}

TEST_F(SharedLimiter, ForgetsEachRequestAWindowLater) {
  const auto shared = limiter({.requests = 2, .window = 1h});
  ask(shared);
  age(30min);
  ask(shared);
  EXPECT_FALSE(ask(shared).allowed);
  EXPECT_LE(ask(shared).retry_after, 30min);
  age(30min);
  EXPECT_TRUE(ask(shared).allowed) << "the first is an hour old";
  EXPECT_FALSE(ask(shared).allowed);
}

TEST_F(SharedLimiter, LetsNoMoreThroughWhenManyAskAtOnce) {
  std::atomic<int> allowed = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] {
      lab::Redis redis(server_->url());
      const auto mine =
          make_shared_limiter(redis, "test:", {.requests = 50, .window = 1h});
      for (int k = 0; k < 50; ++k) allowed += ask(mine).allowed;
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(allowed, 50);
}

TEST_F(SharedLimiter, LeavesNothingInRedisAfterItsWindow) {
  const auto shared = limiter({.requests = 2, .window = 1h});
  ask(shared);
  const long left = std::stol(redis_->command({"PTTL", "test:ann"}));
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 3'600'000);
}

TEST_F(SharedLimiter, SaysSoWhenRedisHasGone) {
  const auto shared = limiter({.requests = 2, .window = 1h});
  server_.reset();
  EXPECT_ANY_THROW(ask(shared));
  EXPECT_THROW(limiter({.requests = 0}), std::invalid_argument);
}

}  // namespace
}  // namespace lab15
