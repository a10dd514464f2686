// Many threads on one small pool; meant to run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "19_fake_connections.hpp"

namespace lab19 {
namespace {

using namespace std::chrono_literals;

// Borrowers that are quick, impatient or break what they borrow, and a housekeeper.
TEST(PoolThreads, NeverShareAConnectionAndNeverLoseAPlace) {
  constexpr int kThreads = 8, kRounds = 3000;
  constexpr std::size_t kSize = 3;
  FakeServer server;
  std::atomic<int> served = 0, errors = 0, shared = 0;
  std::atomic<std::size_t> most = 0;  // still told of while the pool is drained
  {
    Pool pool({.size = kSize,
               .check_after = 1ms,
               .max_lifetime = 5ms,
               .lifetime_jitter = 0.5,
               .idle_timeout = 1ms},
              server.connect(), server.clock());
    pool.on_change([&](const Stats& now) {
      if (now.lent > most) most = now.lent;
    });
    const auto borrower = [&](unsigned seed) {
      std::mt19937 random(seed);
      for (int i = 0; i < kRounds; ++i) {
        const bool impatient = random() % 4 == 0;
        try {
          const auto lease = pool.acquire(impatient ? Duration(1us) : Duration(20s));
          if (!lease) continue;
          ++served;
          server.advance(10us);
          if (random() % 8 == 0) std::this_thread::yield();
          (*lease)->query(random() % 16 == 0 ? "break" : "fine");
        } catch (const std::logic_error&) {
          ++shared;
        } catch (const std::runtime_error&) {
          ++errors;
        }
      }
    };
    std::jthread housekeeper([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        pool.trim();
        (void)pool.leaks();
        std::this_thread::yield();
      }
    });
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(borrower, i);
    threads.clear();
    housekeeper = {};

    EXPECT_EQ(shared, 0);
    EXPECT_LE(most, kSize);
    EXPECT_GT(served, kThreads * kRounds / 4);
    EXPECT_GT(errors, 100) << "hardly any broke";
    const Stats end = pool.stats();
    EXPECT_EQ(end.lent, 0u);
    EXPECT_EQ(end.waiting, 0u);
    std::vector<Lease> all;
    for (std::size_t i = 0; i < kSize; ++i) all.push_back(pool.acquire(20s).value());
  }
  EXPECT_EQ(server.open, 0);
}

// A return and a deadline at the same instant: the connection is served or kept, not lost.
TEST(PoolThreads, AReturnAtTheDeadlineLosesNothing) {
  FakeServer server;
  Pool pool({.size = 1}, server.connect(), server.clock());
  for (int i = 0; i < 2000; ++i) {
    auto held = pool.acquire(20s);
    ASSERT_TRUE(held);
    std::jthread waiter([&] { (void)pool.acquire(std::chrono::microseconds(i % 50)); });
    held.reset();
  }
  EXPECT_TRUE(pool.acquire(20s));
  EXPECT_EQ(server.connected, 1);
}

TEST(PoolThreads, DrainingWhileAllAreBusyLetsEachFinish) {
  for (int round = 0; round < 50; ++round) {
    FakeServer server;
    Pool pool({.size = 2}, server.connect(), server.clock());
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        while (const auto lease = pool.acquire(20s)) (*lease)->query("work");
      });
    }
    EXPECT_EQ(pool.drain(20s), 0u);
    threads.clear();
    EXPECT_EQ(server.open, 0);
  }
}

}  // namespace
}  // namespace lab19
