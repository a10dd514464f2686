// places.cpp: what a hit costs in each place, and who loses what.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <numeric>

#include "caching.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "shared_cache.hpp"
#include "world/products.hpp"

namespace lab18 {

namespace trace = lab::trace;

lab::RedisServer& redis() {
  static lab::RedisServer one;
  return one;
}

lab::PostgresServer& postgres() {
  static lab::PostgresServer one;
  return one;
}

std::string prefix() {
  static int count = 0;
  return fmt::format("lab18:{}:{}:", getpid(), ++count);
}

void arrow(std::string_view from, std::string_view to, std::string_view what,
           lab::Where where) {
  trace::flow_in(trace::flow_out(what, {.lane = from}, where), what, {.lane = to}, where);
}

namespace {

using Time = std::chrono::duration<double, std::nano>;

// The fastest of some batches: what the machine does beside is no cost of a read.
template <class Read>
Time time_of(int reads, Read read) {
  Time best = std::chrono::hours(1);
  for (int batch = 0; batch < 5; ++batch) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < reads; ++i) read();
    best = std::min<Time>(best, Time(std::chrono::steady_clock::now() - began) / reads);
  }
  return best;
}

}  // namespace

void hits(lab::Story& story, const Knobs& knobs) {
  const auto room = static_cast<std::size_t>(*knobs.entries);
  story.say(
      "The same price is read from a cache in the process, from Redis and from "
      "PostgreSQL. Only the first read needs no other process. Then ten times as many "
      "entries are stored as the cache has room for.");
  story.picture(lab::Picture::bars, {"Time of one read"});
  SharedCache shared(redis().url(), {.prefix = prefix()});
  const ProductTable table(postgres().url());
  Products products = table.open();
  Cache<std::string, std::string> cache({.entries = room});
  cache.set("7", "1");
  shared.set("7", "1");

  const int reads = story.quick() ? 100 : 500;
  const Time process = time_of(reads * 50, [&] { cache.get("7"); });
  const Time in_redis = time_of(reads, [&] { shared.get("7"); });
  const Time in_database = time_of(reads, [&] { products.load("7"); });
  for (std::size_t i = 0; i < 10 * room; ++i) cache.set(std::to_string(i), "1");

  story.table({"Time of one read",
               {"place", "time"},
               {{"the process", lab::text::time(process)},
                {"Redis", lab::text::time(in_redis)},
                {"PostgreSQL", lab::text::time(in_database)}}});
  story.claim("18.1", in_redis > 50 * process && cache.size() == room,
              "a hit took {} in the process and {} in Redis on the same machine; a cache "
              "with room for {} entries held {} after {} were stored",
              lab::text::time(process), lab::text::time(in_redis), room, cache.size(),
              10 * room);
  story.nuance("18.1",
               "If a cache in the process returns references, a caller that changes the "
               "object changes the cached one. So node-cache copies each value, which "
               "costs more than the look-up; lru-cache does not copy.");
  story.takeaway(
      "A hit in the process costs next to nothing. A hit in Redis costs a round trip, "
      "and is worth it when the query behind it costs more.");
}

namespace {

constexpr int kProducts = 20;

std::vector<std::string> all_products() {
  std::vector<std::string> names;
  for (int i = 0; i < kProducts; ++i) names.push_back(std::to_string(i));
  return names;
}

// Reads every product once; how many of them were hits.
int hits_of(Instance& instance, const char* where) {
  int hits = 0;
  for (const std::string& product : all_products()) {
    hits += instance.read(where, product).hit;
  }
  return hits;
}

// Of the last reads, in percent, as a curve.
class HitRate {
 public:
  explicit HitRate(const char* name) : name_(name) {}
  void note(bool hit) {
    last_.push_back(hit);
    if (last_.size() > kProducts) last_.pop_front();
    const int hits = std::accumulate(last_.begin(), last_.end(), 0);
    trace::counter(name_, 100.0 * hits / static_cast<double>(last_.size()),
                   {.args = {{"unit", "%"}}});
  }

 private:
  const char* name_;
  std::deque<int> last_;
};

}  // namespace

void restart(lab::Story& story, const Knobs&) {
  story.say(
      "A process reads {} products again and again, through a cache of its own and "
      "through Redis. It is killed and starts again. Only one of the two hit rates "
      "should fall to zero.",
      kProducts);
  story.picture(lab::Picture::curves,
                {"hit rate in the process", "hit rate in Redis", "shop"});
  const ProductTable table(postgres().url());
  Instance shop("shop", {redis().url(), postgres().url(), table.name(), prefix()});
  HitRate process("hit rate in the process"), in_redis("hit rate in Redis");
  struct Hits {
    int process = 0, redis = 0;
  };
  const auto round = [&] {
    Hits hits;
    for (const std::string& product : all_products()) {
      const bool here = shop.read("process", product).hit;
      const bool there = shop.read("redis", product).hit;
      process.note(here);
      in_redis.note(there);
      hits.process += here;
      hits.redis += there;
    }
    return hits;
  };
  round();
  const Hits warm = round();
  trace::instant("killed", {.lane = "shop"});
  shop.restart();
  const Hits after = round();
  const Hits again = round();

  const auto row = [](const char* when, const Hits& hits) {
    return std::vector<std::string>{when, std::to_string(hits.process),
                                    std::to_string(hits.redis)};
  };
  story.table({fmt::format("Hits of {} reads", kProducts),
               {"when", "in the process", "in Redis"},
               {row("before the restart", warm), row("after the restart", after),
                row("and once more", again)}});
  story.claim("18.2",
              warm.process == kProducts && warm.redis == kProducts &&
                  after.process == 0 && after.redis == kProducts &&
                  again.process == kProducts,
              "before the restart {} of {} reads hit in the process, after it {}; in "
              "Redis {} still hit",
              warm.process, kProducts, after.process, after.redis);
  story.nuance(
      "18.2",
      "A deployment restarts all instances in a few minutes, and all of them are "
      "cold at the same time. Redis loses its data too if it restarts without "
      "persistence, so the database must survive a cold cache.");
  story.takeaway(
      "Plan for the cold start: after a deployment the database sees every miss at "
      "once.");
}

// Step 9: the same products through two instances, and a write that only one is told of.
void instances(lab::Story& story, const Knobs&) {
  story.say(
      "Instance A has read {} products. Now instance B reads the same ones, first "
      "through its own memory, then through the Redis that both use. Then a price "
      "changes, and only A is told to forget the old one.",
      kProducts);
  story.picture(lab::Picture::nodes, {"A", "B", "Redis", "PostgreSQL"});
  trace::actor("Redis", trace::Actor::service);
  trace::actor("PostgreSQL", trace::Actor::service);
  const ProductTable table(postgres().url());
  const Instance::Services services{redis().url(), postgres().url(), table.name(),
                                    prefix()};
  Instance a("A", services), b("B", services);
  lab::Table shown{fmt::format("Hits of {} reads", kProducts),
                   {"reader", "in the process", "in Redis"},
                   {}};
  const auto read = [&](const char* who, Instance& instance) {
    const int process = hits_of(instance, "process");
    arrow(instance.name(), "PostgreSQL", fmt::format("{} loads", kProducts - process));
    const int in_redis = hits_of(instance, "redis");
    arrow(instance.name(), "Redis", fmt::format("{} hits", in_redis));
    shown.rows.push_back({who, std::to_string(process), std::to_string(in_redis)});
    return std::pair{process, in_redis};
  };
  read("A, cold", a);
  const auto warm = read("A, warm", a);
  const auto other = read("B, its first time", b);
  story.table(shown);

  table.open().update("7", "2");
  a.forget("7");
  const std::string of_a = a.read("process", "7").price;
  const std::string of_b = b.read("process", "7").price;
  story.table({"The price after a write that A has heard of",
               {"instance", "price"},
               {{"A", of_a}, {"B", of_b}}});
  story.claim(
      "18.3", warm.first == kProducts && other.first == 0 && of_a == "2" && of_b == "1",
      "in its memory A hit {} of {}, and B hit {}; after a write A served the price {}, "
      "and B still the price {}",
      warm.first, kProducts, other.first, of_a, of_b);
  story.claim("18.4", other.second == kProducts,
              "B hit {} of {} in Redis, although only A had loaded them", other.second,
              kProducts);
  story.nuance(
      "18.4",
      "Many systems use both: a small cache in the process with a lifetime of "
      "seconds, and Redis behind it. Redis can tell the processes what to forget, by "
      "client-side caching or Pub/Sub.");
  story.takeaway(
      "Memory in each instance is fast, but the instances can disagree. Redis is slower "
      "and the same for all.");
}

}  // namespace lab18
