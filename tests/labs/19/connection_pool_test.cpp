// The pool's own rules, without a server. What takes time is held by a flag, not by time.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "fake_connections.hpp"
#include "lab/os/proc.hpp"
#include "support/finishes.hpp"
#include "support/wait_until.hpp"

namespace lab19 {
namespace {

using namespace std::chrono_literals;
using lab::test::finishes;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// A test that would hang fails after this.
constexpr auto kPatience = 20s;

class ConnectionPoolTest : public testing::Test {
 protected:
  ConnectionPool make(Config config) {
    return ConnectionPool(config, server_.connect(), server_.clock());
  }
  static Lease borrow(ConnectionPool& pool) { return pool.acquire(kPatience).value(); }
  static void break_it(Lease& lease) {
    EXPECT_THROW(lease->query("break"), std::runtime_error);
  }
  // Lends all of a pool once, so that so many connections are open and idle.
  static void open_all(ConnectionPool& pool, int size) {
    std::vector<Lease> all;
    for (int i = 0; i < size; ++i) all.push_back(borrow(pool));
  }
  template <class Condition>
  static void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }
  static void wait_for_waiters(const ConnectionPool& pool, std::size_t count) {
    until([&] { return pool.stats().waiting == count; });
  }

  FakeServer server_;
};

// --- lending ---

TEST_F(ConnectionPoolTest, OpensNothingBeforeItIsAsked) {
  const ConnectionPool pool = make({.size = 5});
  EXPECT_EQ(server_.connected, 0);
  const Stats stats = pool.stats();
  EXPECT_EQ(stats.idle + stats.lent + stats.opening + stats.waiting, 0u);
}

TEST_F(ConnectionPoolTest, ByDefaultHasTenPingsAfterHalfASecondAndReportsAfterThirty) {
  ConnectionPool pool = make({});
  std::vector<Lease> all;
  for (int i = 0; i < 10; ++i) all.push_back(borrow(pool));
  EXPECT_FALSE(pool.acquire(0ms));
  server_.advance(30s - 1ns);
  EXPECT_TRUE(pool.leaks().empty());
  server_.advance(1ns);
  EXPECT_EQ(pool.leaks().size(), 10u);
  all.clear();
  EXPECT_EQ(server_.resets, 10);
  server_.advance(500ms - 1ns);
  EXPECT_EQ(borrow(pool)->backend(), 10);
  EXPECT_EQ(server_.pings, 0);
  server_.advance(500ms);
  EXPECT_EQ(borrow(pool)->backend(), 10);
  EXPECT_EQ(server_.pings, 1);
  server_.advance(30min);
  EXPECT_EQ(borrow(pool)->backend(), 11) << "the others have lived for too long";
}

TEST_F(ConnectionPoolTest, LendsTheSameConnectionAgain) {
  ConnectionPool pool = make({.size = 5});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(borrow(pool)->backend(), 1);
  EXPECT_EQ(server_.connected, 1);
  EXPECT_EQ(pool.stats().opened, 1u);
}

TEST_F(ConnectionPoolTest, LendsWhatIsIdleWithoutAnyPatience) {
  ConnectionPool pool = make({.size = 1});
  open_all(pool, 1);
  EXPECT_TRUE(pool.acquire(0s));
  EXPECT_TRUE(pool.acquire(-1s));
  EXPECT_TRUE(pool.acquire(Duration::min()));
}

TEST_F(ConnectionPoolTest, LendsWhatWasReturnedLastSoThatTheRestMayGoCold) {
  ConnectionPool pool = make({.size = 3});
  std::optional<Lease> one(borrow(pool)), two(borrow(pool));
  one.reset();
  two.reset();
  EXPECT_EQ(pool.stats().idle, 2u);
  const Lease last = borrow(pool);
  EXPECT_EQ(last->backend(), 2);
  EXPECT_EQ(borrow(pool)->backend(), 1) << "an idle one goes before an empty slot";
}

TEST_F(ConnectionPoolTest, NeverLendsMoreThanItsSize) {
  ConnectionPool pool = make({.size = 2});
  const Lease one = borrow(pool), two = borrow(pool);
  EXPECT_FALSE(pool.acquire(0s));
  EXPECT_EQ(server_.connected, 2);
  EXPECT_EQ(pool.stats().timed_out, 1u);
  EXPECT_EQ(pool.stats().waiting, 0u);
  EXPECT_EQ(pool.stats().lent, 2u);
}

TEST_F(ConnectionPoolTest, AMovedLeaseGivesBackOnce) {
  static_assert(!std::is_copy_constructible_v<Lease> &&
                !std::is_copy_assignable_v<Lease>);
  ConnectionPool pool = make({.size = 2});
  {
    Lease first = borrow(pool);
    const Lease second(std::move(first));
    EXPECT_EQ(pool.stats().lent, 1u);
  }
  EXPECT_EQ(pool.stats().lent, 0u);
  EXPECT_EQ(pool.stats().idle, 1u);
  EXPECT_EQ(server_.resets, 1);
}

TEST_F(ConnectionPoolTest, AssigningALeaseGivesBackWhatWasThere) {
  ConnectionPool pool = make({.size = 2}), other = make({.size = 1});
  Lease one = borrow(pool);
  one = borrow(pool);
  EXPECT_EQ(one->backend(), 2);
  EXPECT_EQ(pool.stats().lent, 1u);
  one = borrow(other);
  EXPECT_EQ(pool.stats().lent, 0u);
  EXPECT_EQ(other.stats().lent, 1u);
}

// --- the queue ---

TEST_F(ConnectionPoolTest, ServesTheQueueInTheOrderInWhichItCame) {
  ConnectionPool pool = make({.size = 1});
  std::optional<Lease> held(borrow(pool));
  std::vector<int> served;
  std::vector<std::jthread> queue;
  for (int i = 1; i <= 5; ++i) {
    queue.emplace_back([&, i] {
      const auto lease = pool.acquire(kPatience);
      served.push_back(i);  // only one at a time holds the connection
    });
    wait_for_waiters(pool, static_cast<std::size_t>(i));
  }
  held.reset();
  queue.clear();
  EXPECT_THAT(served, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(pool.stats().most_waiting, 5u);
}

TEST_F(ConnectionPoolTest, NobodyOvertakesTheQueue) {
  ConnectionPool pool = make({.size = 1});
  std::optional<Lease> held(borrow(pool));
  std::jthread waiter([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  EXPECT_FALSE(pool.acquire(0s)) << "it came later";
  held.reset();
}

TEST_F(ConnectionPoolTest, ABorrowerThatGaveUpIsNotServedInstead) {
  ConnectionPool pool = make({.size = 1});
  std::optional<Lease> held(borrow(pool));
  std::jthread([&] { EXPECT_FALSE(pool.acquire(1ms)); }).join();
  std::jthread patient([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  held.reset();
}

TEST_F(ConnectionPoolTest, ForEverIsForEverInAnyUnit) {
  ConnectionPool pool = make({.size = 1});
  for (const TimeSpan patience : {TimeSpan(Duration::max()), TimeSpan(24h * 365 * 290),
                                  TimeSpan(std::chrono::milliseconds::max()),
                                  TimeSpan(std::chrono::hours::max())}) {
    std::optional<Lease> held(borrow(pool));
    std::jthread waiter([&] { EXPECT_TRUE(pool.acquire(patience)) << "it gave up"; });
    wait_for_waiters(pool, 1);
    held.reset();
  }
  EXPECT_EQ(pool.stats().timed_out, 0u);
}

// --- connecting ---

TEST_F(ConnectionPoolTest, ConnectingTakesNoLongerThanTheBorrowersPatience) {
  ConnectionPool pool = make({.size = 1});
  server_.hangs = true;
  finishes("a borrower gives up although connecting hangs",
           [&] { EXPECT_FALSE(pool.acquire(1ms)); });
  EXPECT_EQ(pool.stats().opening, 1u);
  EXPECT_EQ(pool.stats().lent, 0u);
  finishes("the next one gives up too", [&] { EXPECT_FALSE(pool.acquire(1ms)); });
  server_.goes_on();
  EXPECT_EQ(borrow(pool)->backend(), 1)
      << "what came too late for one is kept for another";
  EXPECT_EQ(server_.connected, 1);
  EXPECT_EQ(pool.stats().timed_out, 2u);
}

TEST_F(ConnectionPoolTest, APingTakesNoLongerThanTheBorrowersPatience) {
  ConnectionPool pool = make({.size = 1, .check_after = 0ms});
  open_all(pool, 1);
  server_.hangs = true;
  finishes("a borrower gives up although the ping hangs",
           [&] { EXPECT_FALSE(pool.acquire(1ms)); });
  server_.goes_on();
  EXPECT_EQ(borrow(pool)->backend(), 1);
}

TEST_F(ConnectionPoolTest, OpensSeveralAtATimeButNoMoreThanAreWaitedFor) {
  ConnectionPool pool = make({.size = 5});
  server_.hangs = true;
  std::vector<std::jthread> borrowers;
  for (int i = 0; i < 3; ++i)
    borrowers.emplace_back([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 3);
  EXPECT_EQ(pool.stats().opening, 3u);
  EXPECT_EQ(pool.stats().lent, 0u);
  server_.goes_on();
  borrowers.clear();
  EXPECT_LE(server_.connected, 3);
}

TEST_F(ConnectionPoolTest, WhatComesBackServesABorrowerWhoseConnectionIsStillOpening) {
  ConnectionPool pool = make({.size = 2});
  std::optional<Lease> held(borrow(pool));
  server_.hangs = true;
  std::jthread waiter([&] { EXPECT_EQ(borrow(pool)->backend(), 1); });
  until([&] { return pool.stats().opening == 1; });
  held.reset();
  finishes("the connection that came back is lent", [&] { waiter.join(); });
  server_.goes_on();
  until([&] { return pool.stats().idle == 2; });
}

TEST_F(ConnectionPoolTest, AFailedConnectIsTheBorrowersErrorAndKeepsNoPlace) {
  ConnectionPool pool = make({.size = 1});
  server_.refuses = true;
  for (int i = 0; i < 3; ++i)
    EXPECT_THROW((void)pool.acquire(kPatience), std::runtime_error);
  server_.refuses = false;
  EXPECT_TRUE(pool.acquire(kPatience));
  EXPECT_EQ(pool.stats().opened, 1u);
}

TEST_F(ConnectionPoolTest, EachBorrowerHearsOfARefusal) {
  ConnectionPool pool = make({.size = 2});
  server_.refuses = server_.hangs = true;
  std::atomic<int> errors = 0;
  std::vector<std::jthread> borrowers;
  for (int i = 0; i < 10; ++i) {
    borrowers.emplace_back([&] {
      EXPECT_THROW((void)pool.acquire(kPatience), std::runtime_error);
      ++errors;
    });
  }
  wait_for_waiters(pool, 10);
  EXPECT_EQ(pool.stats().opening, 2u);
  server_.goes_on();
  borrowers.clear();
  EXPECT_EQ(errors, 10);
  EXPECT_EQ(pool.stats().waiting, 0u);
}

TEST_F(ConnectionPoolTest, NoConnectionIsAnErrorToo) {
  ConnectionPool pool({.size = 1}, [] { return nullptr; });
  EXPECT_THROW((void)pool.acquire(kPatience), std::logic_error);
}

// --- what is lent again, and what is not ---

TEST_F(ConnectionPoolTest, ABrokenConnectionIsClosedAndNeverLentAgain) {
  ConnectionPool pool = make({.size = 1});
  {
    Lease lease = borrow(pool);
    break_it(lease);
  }
  EXPECT_EQ(server_.open, 0);
  EXPECT_EQ(server_.resets, 0);
  EXPECT_EQ(borrow(pool)->backend(), 2);
  EXPECT_EQ(pool.stats().dropped, 1u);
}

TEST_F(ConnectionPoolTest, TheQueueGetsAWorkingConnectionForABrokenOne) {
  ConnectionPool pool = make({.size = 1});
  std::optional<Lease> held(borrow(pool));
  int backend = 0;
  std::jthread waiter([&] { backend = borrow(pool)->backend(); });
  wait_for_waiters(pool, 1);
  break_it(*held);
  held.reset();
  waiter.join();
  EXPECT_EQ(backend, 2);
}

TEST_F(ConnectionPoolTest, AsksAnIdleConnectionOnlyWhenItWasIdleForLong) {
  ConnectionPool pool = make({.size = 1, .check_after = 500ms});
  open_all(pool, 1);
  server_.advance(500ms - 1ns);
  open_all(pool, 1);
  EXPECT_EQ(server_.pings, 0);
  server_.advance(500ms);
  open_all(pool, 1);
  EXPECT_EQ(server_.pings, 1);
  EXPECT_EQ(server_.connected, 1);
}

TEST_F(ConnectionPoolTest, ReplacesAnIdleConnectionThatDoesNotAnswer) {
  ConnectionPool pool = make({.size = 1, .check_after = 0ms});
  open_all(pool, 1);
  server_.ping_fails = true;
  EXPECT_EQ(borrow(pool)->backend(), 2);
  EXPECT_EQ(server_.open, 1);
  EXPECT_EQ(pool.stats().dropped, 1u);
}

TEST_F(ConnectionPoolTest, NeverAsksWhereTheCheckIsAfterForEver) {
  ConnectionPool pool = make({.size = 1,
                              .check_after = std::chrono::milliseconds::max(),
                              .max_lifetime = std::chrono::hours::max()});
  open_all(pool, 1);
  server_.advance(24h * 365 * 50);
  EXPECT_EQ(borrow(pool)->backend(), 1);
  EXPECT_EQ(server_.pings, 0);
}

TEST_F(ConnectionPoolTest, ClosesAConnectionAtTheEndOfItsLifeButNotWhileItIsLent) {
  ConnectionPool pool =
      make({.size = 1, .check_after = 1h, .max_lifetime = 30min, .lifetime_jitter = 0});
  open_all(pool, 1);
  server_.advance(30min - 1ns);
  EXPECT_EQ(borrow(pool)->backend(), 1);
  server_.advance(1ns);
  {
    const Lease second = borrow(pool);
    EXPECT_EQ(second->backend(), 2) << "it was idle when its life ended";
    server_.advance(30min);
    EXPECT_EQ(second->backend(), 2);
  }
  EXPECT_EQ(server_.open, 0) << "it was lent when its life ended";
  EXPECT_EQ(pool.stats().dropped, 2u);
}

TEST_F(ConnectionPoolTest, LendsAnotherIdleConnectionWhereTheLastOneIsTooOld) {
  ConnectionPool pool =
      make({.size = 3, .check_after = 1h, .max_lifetime = 30min, .lifetime_jitter = 0});
  std::optional<Lease> older(borrow(pool));
  server_.advance(10min);
  open_all(pool, 1);
  older.reset();
  server_.advance(20min);
  const auto lease = pool.acquire(0s);
  ASSERT_TRUE(lease);
  EXPECT_EQ((*lease)->backend(), 2);
  server_.hangs = true;
  EXPECT_FALSE(pool.acquire(0s)) << "the other one is too old";
  server_.goes_on();
  EXPECT_EQ(borrow(pool)->backend(), 3);
}

TEST_F(ConnectionPoolTest, DoesNotEndAllLivesAtTheSameMoment) {
  constexpr int kSize = 50;
  ConnectionPool pool = make(
      {.size = kSize, .check_after = 1h, .max_lifetime = 1000s, .lifetime_jitter = 0.5});
  open_all(pool, kSize);
  server_.advance(500s - 1ms);
  open_all(pool, kSize);
  EXPECT_EQ(server_.connected, kSize) << "none ends before the jitter allows it";
  server_.advance(250s);
  open_all(pool, kSize);
  EXPECT_GT(server_.connected, kSize) << "some have ended";
  EXPECT_LT(server_.connected, 2 * kSize) << "some have not";
}

TEST_F(ConnectionPoolTest, ResetsOnReturnAndDropsWhatCannotBeReset) {
  ConnectionPool pool = make({.size = 1});
  open_all(pool, 1);
  EXPECT_EQ(server_.resets, 1);
  EXPECT_EQ(pool.stats().dropped, 0u);
  server_.reset_fails = true;
  open_all(pool, 1);
  EXPECT_EQ(server_.open, 0);
  EXPECT_EQ(pool.stats().dropped, 1u);
}

TEST_F(ConnectionPoolTest, ResetsNothingIfItIsToldSo) {
  ConnectionPool pool = make({.size = 1, .reset_on_return = false});
  open_all(pool, 1);
  EXPECT_EQ(server_.resets, 0);
  EXPECT_EQ(server_.open, 1);
}

TEST_F(ConnectionPoolTest, AResetThatThrowsCostsTheConnectionAndNotTheProcess) {
  ConnectionPool pool = make({.size = 1});
  server_.reset_throws = true;
  open_all(pool, 1);
  EXPECT_EQ(server_.open, 0);
}

// --- the end ---

TEST_F(ConnectionPoolTest, DrainingClosesWhatIsIdleAndLetsNobodyIn) {
  ConnectionPool pool = make({.size = 3});
  open_all(pool, 2);
  EXPECT_EQ(pool.drain(0s), 0u);
  EXPECT_EQ(server_.open, 0);
  EXPECT_FALSE(pool.acquire(kPatience));
  EXPECT_EQ(server_.connected, 2);
  EXPECT_EQ(pool.stats().timed_out, 0u);
}

TEST_F(ConnectionPoolTest, DrainingSendsHomeWhoWaits) {
  ConnectionPool pool = make({.size = 1});
  const Lease held = borrow(pool);
  std::jthread waiter([&] { EXPECT_FALSE(pool.acquire(Duration::max())); });
  wait_for_waiters(pool, 1);
  EXPECT_EQ(pool.drain(0s), 1u);
  finishes("a borrower in the queue is sent home", [&] { waiter.join(); });
}

bool is_asleep(pid_t thread) {
  std::ifstream file(fmt::format("/proc/self/task/{}/stat", thread));
  std::string stat;
  std::getline(file, stat);
  return stat.find(") S ") != std::string::npos;
}

TEST_F(ConnectionPoolTest, DrainReturnsWhenTheLastConnectionHasComeBack) {
  for (const TimeSpan patience : {TimeSpan(Duration::max()), TimeSpan(1h)}) {
    ConnectionPool pool = make({.size = 3});
    std::optional<Lease> one(borrow(pool)), two(borrow(pool));
    open_all(pool, 1);
    EXPECT_EQ(pool.drain(1ms), 2u) << "two are out after its patience";
    EXPECT_EQ(server_.open, 2) << "and the idle one is closed meanwhile";
    std::atomic<pid_t> thread = 0;
    std::jthread drains([&] {
      thread = lab::thread_id();
      EXPECT_EQ(pool.drain(patience), 0u);
    });
    lab::test::wait_until("drain() waits", [&] { return thread && is_asleep(thread); });
    one.reset();
    EXPECT_EQ(server_.open, 1);
    two.reset();
    EXPECT_EQ(server_.open, 0);
    finishes("drain() is woken by the last lease", [&] { drains.join(); });
  }
}

TEST_F(ConnectionPoolTest, DrainWaitsForAConnectUnderWayAndClosesWhatItBrings) {
  ConnectionPool pool = make({.size = 1});
  server_.hangs = true;
  EXPECT_FALSE(pool.acquire(0s));
  EXPECT_EQ(pool.drain(0s), 1u);
  server_.goes_on();
  finishes("drain() is woken by what was opened",
           [&] { EXPECT_EQ(pool.drain(Duration::max()), 0u); });
  EXPECT_EQ(server_.connected, 1);
  EXPECT_EQ(server_.open, 0);
}

TEST_F(ConnectionPoolTest, ItsDestructorWaitsForAConnectUnderWay) {
  finishes("a pool can go while it connects", [&] {
    server_.hangs = true;
    std::atomic<bool> gave_up = false;
    std::jthread later([&] {
      gave_up.wait(false);
      server_.goes_on();
    });
    ConnectionPool pool = make({.size = 1});
    EXPECT_FALSE(pool.acquire(0s));
    gave_up = true;
    gave_up.notify_all();
  });
  EXPECT_EQ(server_.connected, 1);
  EXPECT_EQ(server_.open, 0);
}

// --- what it tells ---

TEST_F(ConnectionPoolTest, TheLeakReportNamesTheLineThatBorrowed) {
  ConnectionPool pool = make({.size = 3, .leak_after = 30s});
  open_all(pool, 3);
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
  EXPECT_TRUE(std::string(leaks[0].borrower.file).ends_with("connection_pool_test.cpp"));
  EXPECT_EQ(leaks[0].held, 30s);
}

TEST_F(ConnectionPoolTest, TheLeakReportNamesTheLineOfABorrowerThatHadToWait) {
  ConnectionPool pool = make({.size = 1, .leak_after = 0s});
  const Lease held = pool.acquire(kPatience).value();  // it waited for the connect
  const unsigned line = __LINE__ - 1;
  ASSERT_EQ(pool.leaks().size(), 1u);
  EXPECT_EQ(pool.leaks()[0].borrower.line, line);
}

TEST_F(ConnectionPoolTest, TellsTheObserverEachEventWithTheLineThatDecided) {
  using Kind = Event::Kind;
  ConnectionPool pool = make({.size = 1});
  std::vector<Kind> kinds;
  std::vector<std::size_t> numbers;
  pool.on_event([&](const Event& event) {
    kinds.push_back(event.kind);
    numbers.push_back(event.number);
    EXPECT_TRUE(std::string(event.where.file).ends_with("connection_pool.cpp"));
  });
  std::optional<Lease> lease(borrow(pool));
  EXPECT_THAT(kinds, ElementsAre(Kind::queued, Kind::opening, Kind::served, Kind::lent));
  kinds.clear();
  EXPECT_FALSE(pool.acquire(0s));
  std::jthread waiter([&] { EXPECT_TRUE(pool.acquire(kPatience)); });
  wait_for_waiters(pool, 1);
  lease.reset();
  waiter.join();
  pool.drain(0s);
  EXPECT_THAT(kinds, ElementsAre(Kind::queued, Kind::unserved, Kind::queued, Kind::idle,
                                 Kind::served, Kind::lent, Kind::idle, Kind::empty));
  EXPECT_THAT(numbers, ElementsAre(1, 1, 1, 1, 2, 2, 3, 1, 3, 1, 1, 1));
}

TEST_F(ConnectionPoolTest, CountsWhatItHasByWhatItDoes) {
  ConnectionPool pool = make({.size = 4});
  std::optional<Lease> one(borrow(pool));
  open_all(pool, 1);
  server_.hangs = true;
  std::optional<Lease> two(pool.acquire(0s));
  EXPECT_FALSE(pool.acquire(0s));
  one.reset();
  const Stats stats = pool.stats();
  EXPECT_EQ(stats.idle, 1u);
  EXPECT_EQ(stats.lent, 1u);
  EXPECT_EQ(stats.opening, 1u);
  EXPECT_EQ(stats.opened, 2u);
  EXPECT_EQ(stats.most_waiting, 1u);
  server_.goes_on();
}

TEST_F(ConnectionPoolTest, RefusesAnImpossibleConfig) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const Config& config :
       {Config{.size = 0}, Config{.size = 100'001},
        Config{.size = std::numeric_limits<std::size_t>::max()},
        Config{.max_lifetime = 0s}, Config{.max_lifetime = Duration::min()},
        Config{.lifetime_jitter = 1}, Config{.lifetime_jitter = -0.1},
        Config{.lifetime_jitter = none}})
    EXPECT_THROW(make(config), std::invalid_argument);
  EXPECT_THROW(ConnectionPool({}, nullptr), std::invalid_argument);
  EXPECT_THROW(ConnectionPool({}, server_.connect(), nullptr), std::invalid_argument);
  EXPECT_NO_THROW(make({.size = 100'000, .max_lifetime = 1ns}));
}

}  // namespace
}  // namespace lab19
