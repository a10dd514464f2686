// Many threads on one small pool; meant to run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "fake_connections.hpp"

namespace lab19 {
namespace {

using namespace std::chrono_literals;

// Borrowers that are quick, impatient or break what they borrow, and a housekeeper.
TEST(ConnectionPoolThreads, NeverShareAConnectionAndNeverLoseAPlace) {
  constexpr int kThreads = 8, kRounds = 3000;
  constexpr std::size_t kSize = 3;
  FakeServer server;
  std::atomic<int> served = 0, errors = 0, shared = 0;
  std::size_t most = 0;  // lent at the same time
  {
    std::set<std::size_t> lent;  // outlives the pool, which tells of its end, too
    ConnectionPool pool({.size = kSize, .check_after = 1ms}, server.connect(),
                        server.clock());
    pool.on_event([&](const Event& event) {
      using Kind = Event::Kind;
      if (event.kind == Kind::lent) lent.insert(event.number);
      if (event.kind == Kind::idle || event.kind == Kind::empty) lent.erase(event.number);
      most = std::max(most, lent.size());
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
TEST(ConnectionPoolThreads, AReturnAtTheDeadlineLosesNothing) {
  FakeServer server;
  ConnectionPool pool({.size = 1}, server.connect(), server.clock());
  for (int i = 0; i < 2000; ++i) {
    auto held = pool.acquire(20s);
    ASSERT_TRUE(held);
    std::jthread waiter([&] { (void)pool.acquire(std::chrono::microseconds(i % 50)); });
    held.reset();
  }
  EXPECT_TRUE(pool.acquire(20s));
  EXPECT_EQ(server.connected, 1);
}

}  // namespace
}  // namespace lab19
