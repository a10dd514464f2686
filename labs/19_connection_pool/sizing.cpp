// sizing.cpp: how many connections, and what happens with too many.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "crowd.hpp"
#include "lab/histogram.hpp"
#include "lab/program.hpp"
#include "scenes.hpp"

namespace lab19 {

using namespace std::chrono_literals;
using Watch = std::chrono::steady_clock;

namespace {

// Which of three answers is nearest, by factors: a busy machine takes a little longer.
std::string nearest(std::chrono::milliseconds took) {
  if (took < 200ms) return "100 ms, as one of them";
  if (took < 1265ms) return "400 ms, in waves";
  return "4 s, one after the other";
}

}  // namespace

void waves(Story& story, const Dials&) {
  constexpr std::size_t kQueries = 40, kSize = 10;
  Pool pool({.size = kSize}, to_postgres(server().url()));
  draw(pool);
  std::atomic<int> running = 0, most = 0;
  Crowd crowd;
  const auto start = Watch::now();
  const auto one_query = [&] {
    const auto lease = pool.acquire(60s);
    if (!lease) return;
    // The first ten hold on until the others stand in line.
    while (pool.stats().waited < kQueries - kSize && !crowd.failed()) {
      std::this_thread::yield();
    }
    int before = most;
    const int now = ++running;
    while (before < now && !most.compare_exchange_weak(before, now)) {
    }
    (*lease)->query("SELECT pg_sleep(0.1)");
    --running;
  };
  crowd.run(kQueries, one_query);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(Watch::now() - start);
  story.table({"40 queries of 100 ms, a pool of 10",
               {"at a time", "most in line", "took", "nearest"},
               {{std::to_string(most), std::to_string(pool.stats().most_waiting),
                 fmt::format("{} ms", took.count()), nearest(took)}}});
  story.say(
      "Little's law: connections in use = queries a second x seconds each is held. 100 a "
      "second for 100 ms each keep 10 busy.");
}

namespace {

struct Measured {
  std::size_t size = 0;
  double per_second = 0;
  lab::Latency query{}, request{};
};

// As many clients as the largest pool, each with its share of the queries.
Measured measure(std::size_t size, int clients, int queries_each,
                 const std::string& sql) {
  Pool pool({.size = size}, to_postgres(server().url()));
  std::vector<Lease> warm;
  for (std::size_t i = 0; i < size; ++i) warm.push_back(pool.acquire(30s).value());
  warm.clear();
  Measured result{.size = size};
  std::mutex mutex;
  std::latch all_are_here(clients);
  const auto client = [&] {
    lab::Latency query, request;
    all_are_here.arrive_and_wait();
    for (int i = 0; i < queries_each; ++i) {
      const auto asked = Watch::now();
      const auto lease = pool.acquire(60s);
      const auto got = Watch::now();
      if (!lease) continue;
      (*lease)->query(sql);
      query.record(Watch::now() - got);
      request.record(Watch::now() - asked);
    }
    const std::lock_guard lock(mutex);
    result.query.merge(query);
    result.request.merge(request);
  };
  const auto start = Watch::now();
  Crowd().run(clients, client);
  const std::chrono::duration<double> took = Watch::now() - start;
  result.per_second = static_cast<double>(result.request.count()) / took.count();
  return result;
}

std::string milliseconds(Duration time) {
  return fmt::format("{:.1f} ms",
                     std::chrono::duration<double, std::milli>(time).count());
}

struct Refusal {
  int connections = 0;  // that were open when the next one was refused
  std::string message{};
};

// A server of our own: one does not use up somebody else's.
Refusal open_until_refused(int limit) {
  const lab::PostgresServer small({.always_own = true, .max_connections = limit});
  Pool pool({.size = static_cast<std::size_t>(2 * limit)}, to_postgres(small.url()));
  std::vector<Lease> open;
  try {
    for (;;) open.push_back(pool.acquire(1s).value());
  } catch (const lab::PostgresError& error) {
    if (error.state() != "53300") throw;  // too_many_connections
    return {static_cast<int>(open.size()), error.what()};
  }
}

}  // namespace

// Step 9: more connections than the server has cores wait in the server instead of here.
void sizes(Story& story, const Dials& dials) {
  constexpr int kClients = 64;
  const int each = story.quick() ? 8 : 20;
  const std::string sql =
      fmt::format("SELECT sum(i) FROM generate_series(1, {}) i", *dials.work);
  std::vector<Measured> all;
  for (const std::size_t size : {1, 2, 4, 8, 16, 32, 64}) {
    all.push_back(measure(size, kClients, each, sql));
  }
  // Beside other programs, 64 processes have a larger share of the machine than 4. Then
  // the two are looked at again.
  const auto gain = [&] { return all.back().per_second / all[2].per_second; };
  for (int look = 1; look < 4 && gain() >= 4; ++look) {
    all[2] = measure(4, kClients, each, sql);
    all.back() = measure(64, kClients, each, sql);
  }
  double best = 0;
  for (const Measured& one : all) best = std::max(best, one.per_second);
  const auto knee = std::ranges::find_if(
      all, [&](const Measured& one) { return one.per_second >= 0.9 * best; });
  const std::size_t formula = 2 * std::thread::hardware_concurrency() + 1;
  lab::Table table{"64 clients, queries that need the CPU",
                   {"size", "queries/s", "query p50", "query p99", "with wait p99", ""},
                   {}};
  for (const Measured& one : all) {
    table.rows.push_back({std::to_string(one.size), fmt::format("{:.0f}", one.per_second),
                          milliseconds(one.query.percentile(50)),
                          milliseconds(one.query.percentile(99)),
                          milliseconds(one.request.percentile(99)),
                          one.size == knee->size ? "the knee" : ""});
  }
  story.table(table);
  story.say("The usual formula, cores x 2 + disks, says {} here. It is where to begin.",
            formula);

  constexpr int kLimit = 20;
  const Refusal refusal = open_until_refused(kLimit);
  const Measured &four = all[2], &most = all.back();
  const double slower = std::chrono::duration<double>(most.query.mean()) /
                        std::chrono::duration<double>(four.query.mean());
  story.claim(
      "19.5", "You must size it to workload and DB limits",
      gain() < 4 && slower > 2 && refusal.connections <= kLimit,
      "16 times the connections (64 for 4) gave {:.1f} times the throughput, and "
      "a query took {:.1f} times as long on average; a server with max_connections "
      "{} refused number {}",
      gain(), slower, kLimit, refusal.connections + 1);
}

void too_many(Story& story, const Dials&) {
  constexpr int kLimit = 10;
  const lab::PostgresServer small({.always_own = true, .max_connections = kLimit});
  story.say(
      "The server allows {}. Three instances of the app have a pool of 4 each, and every "
      "one of them is modest.",
      kLimit);
  std::vector<std::unique_ptr<Pool>> pools;
  std::vector<Lease> lent;
  lab::Table table{"Three pools of 4, a server that allows 10",
                   {"instance", "connections", "what it got then"},
                   {}};
  for (int instance = 1; instance <= 3; ++instance) {
    pools.push_back(std::make_unique<Pool>(Config{.size = 4}, to_postgres(small.url())));
    std::string then = "all it wanted";
    int got = 0;
    try {
      for (; got < 4; ++got) lent.push_back(pools.back()->acquire(1s).value());
    } catch (const lab::PostgresError& error) {
      then = error.state() == "53300" ? "too many clients" : error.what();
    }
    table.rows.push_back({std::to_string(instance), std::to_string(got), then});
  }
  story.table(table);
  story.say(
      "What counts is the sum over all instances, with room for the one that is being "
      "deployed and for you, with psql, at night.");
}

// Step 14: live: turn the size against the clients.
void live(Story& story, const Dials& dials) {
  story.say("Turn `size` and `clients`, and watch where the line forms.");
  std::mutex mutex;
  std::shared_ptr<Pool> pool;
  int built = 0;
  const auto renew = [&] {
    if (built == *dials.size) return;
    built = *dials.size;
    auto next = std::make_shared<Pool>(Config{.size = static_cast<std::size_t>(built)},
                                       to_postgres(server().url()));
    draw(*next);
    const std::lock_guard lock(mutex);
    pool = std::move(next);
  };
  renew();
  std::atomic<int> done = 0;
  const auto client = [&](int number) {
    while (!lab::Program::stopped()) {
      if (number < *dials.clients) {
        std::shared_ptr<Pool> mine;
        {
          const std::lock_guard lock(mutex);
          mine = pool;
        }
        try {
          if (const auto lease = mine->acquire(200ms)) {
            (*lease)->query(
                fmt::format("SELECT sum(i) FROM generate_series(1, {}) i", *dials.work));
            ++done;
          }
        } catch (const lab::Error&) {
          // The server is away or refuses: the next try comes after the pause.
        }
      }
      std::this_thread::sleep_for(std::max(1ms, *dials.pause));
    }
  };
  constexpr int kMostClients = 64;
  std::vector<std::jthread> clients;
  for (int i = 0; i < kMostClients; ++i) clients.emplace_back(client, i);
  while (!lab::Program::stopped()) {
    renew();
    std::this_thread::sleep_for(250ms);
    lab::trace::counter("queries", done.exchange(0) * 4.0,
                        {.lane = "clients", .args = {{"unit", "/s"}}});
  }
}

}  // namespace lab19
