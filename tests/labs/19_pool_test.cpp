// The pool's own rules, without a server and without waiting.
#include <gmock/gmock.h>

#include <set>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "19_fake_connections.hpp"

namespace lab19 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// A test that would hang fails after this.
constexpr auto kPatience = 20s;

class PoolTest : public testing::Test {
 protected:
  Pool make(Config config) { return Pool(config, server_.connect(), server_.clock()); }
  static void break_it(Lease& lease) {
    EXPECT_THROW(lease->query("break"), std::runtime_error);
  }
  static void wait_for_waiters(const Pool& pool, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (pool.stats().waiting != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }

  FakeServer server_;
};

TEST_F(PoolTest, OpensNothingBeforeItIsAsked) {
  const Pool pool = make({.size = 5});
  EXPECT_EQ(server_.connected, 0);
}

TEST_F(PoolTest, LendsTheSameConnectionAgain) {
  Pool pool = make({.size = 5});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool.acquire(0s).value()->backend(), 1);
  EXPECT_EQ(server_.connected, 1);
}

TEST_F(PoolTest, LendsWhatWasReturnedLastSoThatTheRestMayGoCold) {
  Pool pool = make({.size = 2});
  auto one = pool.acquire(0s), two = pool.acquire(0s);
  one.reset();
  two.reset();
  EXPECT_EQ(pool.acquire(0s).value()->backend(), 2);
}

TEST_F(PoolTest, NeverLendsMoreThanItsSize) {
  Pool pool = make({.size = 2});
  const auto one = pool.acquire(0s), two = pool.acquire(0s);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(pool.acquire(0s));
  EXPECT_EQ(server_.connected, 2);
  EXPECT_EQ(pool.stats().timed_out, 1u);
}

TEST_F(PoolTest, AMovedLeaseGivesBackOnce) {
  static_assert(!std::is_copy_constructible_v<Lease> &&
                !std::is_copy_assignable_v<Lease>);
  Pool pool = make({.size = 2});
  {
    Lease first = pool.acquire(0s).value();
    const Lease second(std::move(first));
    EXPECT_EQ(pool.stats().lent, 1u);
  }
  EXPECT_EQ(pool.stats().lent, 0u);
  EXPECT_EQ(pool.stats().idle, 1u);
}

TEST_F(PoolTest, AssigningALeaseGivesBackWhatWasThere) {
  Pool pool = make({.size = 2});
  Lease one = pool.acquire(0s).value();
  one = pool.acquire(0s).value();
  EXPECT_EQ(one->backend(), 2);
  EXPECT_EQ(pool.stats().lent, 1u);
}

TEST_F(PoolTest, ServesTheLineInTheOrderInWhichItCame) {
  Pool pool = make({.size = 1});
  auto held = pool.acquire(0s);
  std::vector<int> served;
  std::vector<std::jthread> line;
  for (int i = 1; i <= 5; ++i) {
    line.emplace_back([&, i] {
      const auto lease = pool.acquire(kPatience);
      served.push_back(i);  // only one at a time holds the connection
    });
    wait_for_waiters(pool, static_cast<std::size_t>(i));
  }
  held.reset();
  line.clear();
  EXPECT_THAT(served, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(pool.stats().most_waiting, 5u);
}

TEST_F(PoolTest, NobodyOvertakesTheLine) {
  Pool pool = make({.size = 1});
  auto held = pool.acquire(0s);
  std::jthread waiter([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  EXPECT_FALSE(pool.acquire(0s)) << "it came later";
  held.reset();
}

TEST_F(PoolTest, WhoGaveUpIsNotServedInstead) {
  Pool pool = make({.size = 1});
  auto held = pool.acquire(0s);
  std::jthread impatient([&] { EXPECT_FALSE(pool.acquire(1ms)); });
  impatient.join();
  std::jthread patient([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  held.reset();
}

TEST_F(PoolTest, ABrokenConnectionIsReplacedAndNeverLentAgain) {
  Pool pool = make({.size = 1});
  {
    auto lease = pool.acquire(0s).value();
    break_it(lease);
  }
  EXPECT_EQ(server_.open, 0);
  EXPECT_EQ(pool.acquire(0s).value()->backend(), 2);
  EXPECT_EQ(pool.stats().broken, 1u);
}

TEST_F(PoolTest, TheLineGetsAWorkingOneForABrokenOne) {
  Pool pool = make({.size = 1});
  auto held = pool.acquire(0s);
  int backend = 0;
  std::jthread waiter([&] { backend = pool.acquire(kPatience).value()->backend(); });
  wait_for_waiters(pool, 1);
  break_it(*held);
  held.reset();
  waiter.join();
  EXPECT_EQ(backend, 2);
}

TEST_F(PoolTest, AsksAnIdleConnectionOnlyWhenItWasIdleForLong) {
  Pool pool = make({.size = 1, .check_after = 500ms});
  { const auto first = pool.acquire(0s); }
  server_.advance(500ms - 1ns);
  { const auto soon = pool.acquire(0s); }
  EXPECT_EQ(server_.pings, 0);
  server_.advance(500ms);
  { const auto late = pool.acquire(0s); }
  EXPECT_EQ(server_.pings, 1);
}

TEST_F(PoolTest, ReplacesAnIdleConnectionThatDoesNotAnswer) {
  Pool pool = make({.size = 1, .check_after = 0ms});
  { const auto first = pool.acquire(0s); }
  server_.ping_fails = true;
  EXPECT_EQ(pool.acquire(0s).value()->backend(), 2);
}

TEST_F(PoolTest, ResetsOnReturnAndDropsWhatCannotBeReset) {
  Pool pool = make({.size = 1});
  { const auto lease = pool.acquire(0s); }
  EXPECT_EQ(server_.resets, 1);
  server_.reset_fails = true;
  { const auto lease = pool.acquire(0s); }
  EXPECT_EQ(server_.open, 0);
}

TEST_F(PoolTest, EndsAConnectionAtItsLifetimeNotBeforeAndNeverWhileItIsLent) {
  Pool pool =
      make({.size = 1, .check_after = 24h, .max_lifetime = 1min, .lifetime_jitter = 0});
  auto lease = pool.acquire(0s);
  server_.advance(1min - 1ns);
  lease.reset();
  lease = pool.acquire(0s);
  EXPECT_EQ((*lease)->backend(), 1);
  server_.advance(1ns);
  pool.trim();
  EXPECT_EQ((*lease)->query("still works"), "still works");
  lease.reset();
  EXPECT_EQ(server_.open, 0);
  EXPECT_EQ(pool.stats().expired, 1u);
}

TEST_F(PoolTest, JitterKeepsThoseOpenedTogetherFromEndingTogether) {
  constexpr std::size_t kSize = 50;
  Pool pool = make(
      {.size = kSize, .max_lifetime = 100s, .lifetime_jitter = 0.5, .idle_timeout = 24h});
  std::vector<Lease> all;
  for (std::size_t i = 0; i < kSize; ++i) all.push_back(pool.acquire(0s).value());
  all.clear();
  std::set<std::size_t> left;
  server_.advance(50s - 1ns);
  pool.trim();
  EXPECT_EQ(pool.stats().idle, kSize) << "at most half of the lifetime earlier";
  for (int second = 50; second <= 100; ++second) {
    server_.advance(1s);
    pool.trim();
    left.insert(pool.stats().idle);
  }
  EXPECT_EQ(*left.begin(), 0u);
  EXPECT_GT(left.size(), 10u) << "they ended in few groups";
}

TEST_F(PoolTest, TrimsWhatIsIdleForTooLongDownToTheMinimum) {
  Pool pool = make({.size = 4, .idle_timeout = 10s, .minimum_idle = 1});
  std::vector<Lease> all;
  for (int i = 0; i < 4; ++i) all.push_back(pool.acquire(0s).value());
  all.clear();
  server_.advance(10s - 1ns);
  pool.trim();
  EXPECT_EQ(server_.open, 4);
  server_.advance(1ns);
  pool.trim();
  EXPECT_EQ(server_.open, 1);
  EXPECT_EQ(pool.stats().trimmed, 3u);
}

TEST_F(PoolTest, AFailedConnectIsTheBorrowersErrorAndKeepsNoPlace) {
  Pool pool = make({.size = 1});
  server_.refuses = true;
  for (int i = 0; i < 3; ++i) EXPECT_THROW((void)pool.acquire(0s), std::runtime_error);
  server_.refuses = false;
  EXPECT_TRUE(pool.acquire(0s));
}

TEST_F(PoolTest, TheLeakReportNamesTheLineThatBorrowed) {
  Pool pool = make({.size = 3, .leak_after = 30s});
  const auto old = pool.acquire(0s);
  const unsigned line = __LINE__ - 1;
  server_.advance(20s);
  const auto younger = pool.acquire(0s);
  server_.advance(10s - 1ns);
  EXPECT_TRUE(pool.leaks().empty());
  server_.advance(1ns);
  const auto leaks = pool.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0].borrower.line, line);
  EXPECT_TRUE(std::string(leaks[0].borrower.file).ends_with("19_pool_test.cpp"));
  EXPECT_EQ(leaks[0].held, 30s);
}

TEST_F(PoolTest, DrainingSendsTheLineHomeAndWaitsForWhatIsOut) {
  Pool pool = make({.size = 1});
  auto held = pool.acquire(0s);
  std::jthread waiter([&] { EXPECT_FALSE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  EXPECT_EQ(pool.drain(0s), 1u);
  waiter.join();
  EXPECT_FALSE(pool.acquire(0s));
  EXPECT_EQ((*held)->query("finish"), "finish");
  server_.closing = [&] { EXPECT_EQ(pool.stats().lent, 1u) << "out until it is closed"; };
  std::jthread finisher([&] { held.reset(); });
  EXPECT_EQ(pool.drain(kPatience), 0u);
  EXPECT_EQ(server_.open, 0);
}

TEST_F(PoolTest, ALeaseMayOutliveThePool) {
  std::optional<Lease> lease;
  {
    Pool pool = make({.size = 1});
    lease = pool.acquire(0s);
  }
  EXPECT_EQ((*lease)->query("here"), "here");
  lease.reset();
  EXPECT_EQ(server_.open, 0);
}

TEST_F(PoolTest, RefusesAnImpossibleConfig) {
  for (const Config& config :
       {Config{.size = 0}, Config{.size = 1, .minimum_idle = 2},
        Config{.max_lifetime = 0ms}, Config{.lifetime_jitter = 1}}) {
    EXPECT_THROW(make(config), std::invalid_argument);
  }
  EXPECT_THROW(Pool({}, nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace lab19
