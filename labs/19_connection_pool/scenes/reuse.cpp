// reuse.cpp: what a connection costs, and what it means to keep one.
#include <fmt/format.h>

#include <atomic>
#include <set>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/crowd.hpp"

namespace lab19 {

using lab::Picture;
using lab::Story;
using Watch = std::chrono::steady_clock;

namespace {

template <class Work>
Duration time_of(int times, const Work& work) {
  const auto start = Watch::now();
  for (int i = 0; i < times; ++i) work();
  return (Watch::now() - start) / times;
}

int backend_of(Connection& connection) {
  return std::stoi(connection.query("SELECT pg_backend_pid()"));
}

}  // namespace

// Step 10: for each new connection PostgreSQL forks a process, which logs the client in and
// reads its caches.
void connect(Story& story, const Knobs&) {
  const int requests = story.quick() ? 30 : 100;
  story.say(
      "{} requests connect, query and close. Then {} requests query on a borrowed "
      "connection, which should be much faster.",
      requests, requests);
  story.picture(Picture::bars, {"One request, on average"});
  const std::string url = server().url();
  const Duration connecting =
      time_of(requests, [&] { PostgresConnection(url).query("SELECT 1"); });

  ConnectionPool pool({.size = 1}, to_postgres(url));
  pool.acquire(30s).value()->query("SELECT 1");
  const Duration borrowing =
      time_of(requests, [&] { pool.acquire(30s).value()->query("SELECT 1"); });

  story.table({"One request, on average",
               {"request", "time"},
               {{"connect, query, close", lab::text::time(connecting)},
                {"borrow, query, give back", lab::text::time(borrowing)}}});
  const double ratio =
      static_cast<double>(connecting.count()) / static_cast<double>(borrowing.count());
  story.claim(
      "19.1", ratio >= 5,
      "a request with a new connection took {:.0f} times as long as the control on "
      "a borrowed one, on one machine and without TLS",
      ratio);
  story.takeaway(
      "Connecting starts a server process and logs in, which takes far longer than a "
      "small query.");
}

void reuse(Story& story, const Knobs&) {
  const int queries = story.quick() ? 30 : 100;
  story.say(
      "{} queries go through a pool of 10, first one after the other, then ten at a "
      "time. Each asks which server process serves it: expect 1, then 10.",
      queries);
  story.picture(Picture::slots,
                {"slot 1", "slot 2", "slot 3", "slot 4", "slot 5", "slot 6", "slot 7",
                 "slot 8", "slot 9", "slot 10", "queue"});
  ConnectionPool pool({.size = 10}, to_postgres(server().url()));
  draw(pool, 10);
  const std::size_t opened_before = pool.stats().opened;

  std::set<int> one, ten, none;
  for (int i = 0; i < queries; ++i) one.insert(backend_of(*pool.acquire(30s).value()));
  const std::size_t opened_by_one = pool.stats().opened;

  std::vector<Lease> leases;
  for (int i = 0; i < 10; ++i) leases.push_back(pool.acquire(30s).value());
  for (int i = 0; i < queries; ++i) ten.insert(backend_of(*leases[i % 10]));
  const bool eleventh_waits = !pool.acquire(10ms);
  leases.clear();

  for (int i = 0; i < queries; ++i) {
    PostgresConnection connection(server().url());
    none.insert(backend_of(connection));
  }
  story.table({fmt::format("{} queries, and the processes that served them", queries),
               {"queries", "processes"},
               {{"one after the other, a pool", std::to_string(one.size())},
                {"ten at a time, a pool of 10", std::to_string(ten.size())},
                {"one after the other, no pool", std::to_string(none.size())}}});
  story.claim(
      "19.2",
      one.size() == 1 && ten.size() == 10 &&
          none.size() == static_cast<std::size_t>(queries),
      "{} queries, one at a time, were served by {} process, and ten at a time by "
      "{}; without a pool, by {}",
      queries, one.size(), ten.size(), none.size());
  story.claim("19.4",
              opened_before == 0 && opened_by_one == 1 && pool.stats().opened == 10 &&
                  eleventh_waits,
              "{} connections were open before the first query, {} after {} queries, {} "
              "for ten borrowers; the eleventh {}",
              opened_before, opened_by_one, queries, pool.stats().opened,
              eleventh_waits ? "had to wait" : "was served");
  story.nuance(
      "19.4",
      "mongoose's driver has a pool of its own. It is not run here. Its "
      "documentation says maxPoolSize 100, minPoolSize 0, and waitQueueTimeoutMS "
      "0, which means that borrowers wait for ever.");
  story.takeaway("A pool opens few connections and lends them over and over.");
}

namespace {

// Which of three answers is nearest, by factors: a busy machine takes a little longer.
std::string nearest(Duration took) {
  if (took < 200ms) return "100 ms, as one of them";
  if (took < 1265ms) return "400 ms, in waves";
  return "4 s, one after the other";
}

}  // namespace

// 40 borrowers for 10 connections. The first ten start when the others wait.
void waves(Story& story, const Knobs&) {
  constexpr std::size_t kQueries = 40, kSize = 10;
  story.say(
      "{} threads ask for a connection at once and run a query of 100 ms. The pool has "
      "{} connections, so {} threads should wait in the queue.",
      kQueries, kSize, kQueries - kSize);
  story.picture(Picture::slots,
                {"slot 1", "slot 2", "slot 3", "slot 4", "slot 5", "slot 6", "slot 7",
                 "slot 8", "slot 9", "slot 10", "queue"});
  ConnectionPool pool({.size = kSize, .check_after = 1h}, to_postgres(server().url()));
  draw(pool, kSize);
  {
    std::vector<Lease> opened;  // before the clock starts
    for (std::size_t i = 0; i < kSize; ++i) opened.push_back(pool.acquire(30s).value());
  }
  const auto start = Watch::now();
  in_parallel(kQueries, [&] {
    const auto lease = pool.acquire(30s).value();
    const auto deadline = Watch::now() + 10s;
    while (pool.stats().most_waiting < kQueries - kSize && Watch::now() < deadline)
      std::this_thread::yield();
    lease->query("SELECT pg_sleep(0.1)");
  });
  const Duration took = Watch::now() - start;
  const std::size_t waited = pool.stats().most_waiting;
  story.table({"40 queries of 100 ms, a pool of 10",
               {"most in queue", "took", "nearest"},
               {{std::to_string(waited), lab::text::time(took), nearest(took)}}});
  story.claim("19.4", waited == kQueries - kSize && took >= 4 * 100ms,
              "of {} borrowers at once {} waited for one of {} connections; 4 waves of "
              "100 ms queries took {}",
              kQueries, waited, kSize, lab::text::time(took));
  story.takeaway(
      "Little's law: connections in use = queries per second × seconds each is held. "
      "100 queries per second of 100 ms each keep 10 busy.");
}

}  // namespace lab19
