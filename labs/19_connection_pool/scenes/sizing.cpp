// sizing.cpp: how many connections, and what happens with too many.
#include <atomic>
#include <barrier>
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/crowd.hpp"

namespace lab19 {

using lab::Picture;
using lab::Story;
using Watch = std::chrono::steady_clock;

namespace {

struct Measured {
  double per_second = 0;
  Duration query{};      // on average, on a borrowed connection
  Duration with_wait{};  // and with all that its client waits before
};

constexpr int kClients = 64;  // as many as the largest pool has connections

Measured measure(int size, int queries_each, const std::string& sql) {
  ConnectionPool pool({.size = static_cast<std::size_t>(size)},
                      to_postgres(server().url()));
  {
    std::vector<Lease> opened;  // before the clock starts
    for (int i = 0; i < size; ++i) opened.push_back(pool.acquire(30s).value());
  }
  std::atomic<Duration::rep> query{0}, with_wait{0};
  Watch::time_point start;
  std::barrier all_are_here(kClients, [&]() noexcept { start = Watch::now(); });
  in_parallel(kClients, [&] {
    all_are_here.arrive_and_wait();
    auto wanted = start;
    for (int i = 0; i < queries_each; ++i) {
      const Lease lease = pool.acquire(30s).value();
      const auto borrowed = Watch::now();
      lease->query(sql);
      const auto done = Watch::now();
      query += (done - borrowed).count();
      with_wait += (done - std::exchange(wanted, done)).count();
    }
  });
  const std::chrono::duration<double> took = Watch::now() - start;
  const int queries = kClients * queries_each;
  return {queries / took.count(), Duration(query) / queries,
          Duration(with_wait) / queries};
}

}  // namespace

// Step 13: past what the server's cores can do at once, more connections only move the
// queue from the app into the server.
void sizes(Story& story, const Knobs& knobs) {
  constexpr int kSmall = 4, kLarge = 64;
  const int each = story.quick() ? 5 : 12;
  story.say(
      "{} clients run queries that need the CPU, through pools of growing size. Beyond "
      "the server's cores a larger pool should make each query slower, and bring much "
      "less throughput than connections.",
      kClients);
  story.picture(Picture::bars, {"64 clients, queries that need the CPU"});
  lab::Table table{"64 clients, queries that need the CPU",
                   {"size", "queries per second", "with the wait", "a query takes"},
                   {}};
  std::map<int, Measured> at;
  const Measured &small = at[kSmall], &large = at[kLarge];
  const auto gain = [&] { return large.per_second / small.per_second; };
  // Beside other programs, 64 processes get a larger share of the machine than 4. Then
  // all are measured again.
  for (int tries = 0; tries == 0 || (tries < 4 && gain() >= 4); ++tries)
    for (const int size : {1, kSmall, 16, kLarge})
      at[size] = measure(size, each, knobs.query());
  for (const auto& [size, one] : at)
    table.rows.push_back({std::to_string(size),
                          std::to_string(static_cast<int>(one.per_second)),
                          lab::text::time(one.with_wait), lab::text::time(one.query)});
  story.table(table);
  const double slower =
      static_cast<double>(large.query.count()) / static_cast<double>(small.query.count());
  story.claim("19.5", gain() < 4 && slower > 2,
              "64 connections instead of 4 gave {:.1f} times the throughput, and a query "
              "took {:.1f} times as long",
              gain(), slower);
  story.takeaway(
      "Start near twice the database's cores and measure. A bigger pool moves the queue "
      "into the database.");
}

void too_many(Story& story, const Knobs&) {
  constexpr int kLimit = 10;
  story.say(
      "The server allows {} connections. Three instances of the app have a pool of 4 "
      "each, so the last one should not get all of its connections.",
      kLimit);
  story.picture(Picture::bars, {"Three pools of 4, a server that allows 10"});
  const lab::PostgresServer small({.always_own = true, .max_connections = kLimit});
  lab::Table table{"Three pools of 4, a server that allows 10",
                   {"instance", "what happened", "connections"},
                   {}};
  std::vector<std::unique_ptr<ConnectionPool>> pools;
  std::vector<Lease> lent;
  bool refused = false;
  for (int instance = 1; instance <= 3; ++instance) {
    pools.push_back(
        std::make_unique<ConnectionPool>(Config{.size = 4}, to_postgres(small.url())));
    int got = 0;
    try {
      for (; got < 4; ++got) lent.push_back(pools.back()->acquire(30s).value());
    } catch (const lab::PostgresError& error) {
      if (error.state() != "53300") throw;  // too_many_connections
      refused = true;
    }
    table.rows.push_back({std::to_string(instance),
                          got == 4 ? "it got them all" : "too many clients",
                          std::to_string(got)});
  }
  story.table(table);
  story.claim("19.5", refused && lent.size() <= kLimit,
              "a server with max_connections {} refused connection {} of the 12 that "
              "three pools of 4 wanted",
              kLimit, lent.size() + 1);
  story.takeaway(
      "What counts is the sum over all instances. Leave room for a deployment, and for a "
      "person with psql.");
}

// Step 14: live. Change the size and the number of clients.
void live(Story& story, const Knobs& knobs) {
  story.say("Change `size` and `clients`, and watch where the queue forms.");
  story.picture(Picture::slots, {"slot 1", "queue"});
  if (server().pid() > 0) {
    lab::trace::actor("PostgreSQL", lab::trace::Actor::process, server().pid());
  }
  SampledDrawing drawing;
  std::mutex mutex;
  std::shared_ptr<ConnectionPool> pool;
  const auto current = [&] {
    const std::lock_guard lock(mutex);
    return pool;
  };
  std::atomic<int> done = 0;
  const auto client = [&](int number) {
    while (!lab::Program::stopped()) {
      const auto mine = current();
      if (number >= *knobs.clients || !mine) {
        std::this_thread::sleep_for(50ms);
        continue;
      }
      try {
        if (const auto lease = mine->acquire(200ms)) {
          (*lease)->query(knobs.query());
          ++done;
        }
      } catch (const lab::Error&) {
        std::this_thread::sleep_for(50ms);  // the server is away or refuses
      }
    }
  };
  std::vector<std::jthread> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(client, i);
  for (int built = 0; !lab::Program::stopped();) {
    if (built != *knobs.size) {
      built = *knobs.size;
      const auto fresh = std::make_shared<ConnectionPool>(
          Config{.size = static_cast<std::size_t>(built)}, to_postgres(server().url()));
      drawing.follow(*fresh, static_cast<std::size_t>(built));
      const std::lock_guard lock(mutex);
      pool = fresh;
    }
    std::this_thread::sleep_for(250ms);
    drawing.sample();
    const double waiting = static_cast<double>(current()->stats().waiting);
    lab::trace::counter("waiting", waiting, {.lane = "pool"});
    lab::trace::counter("queries", done.exchange(0) * 4.0,
                        {.lane = "clients", .args = {{"unit", "/s"}}});
  }
}

}  // namespace lab19
