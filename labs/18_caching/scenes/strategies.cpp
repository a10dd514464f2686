// strategies.cpp: who writes what when, and what goes wrong between two of them.
#include <fmt/format.h>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "shared_cache.hpp"
#include "world/products.hpp"

namespace lab18 {

namespace trace = lab::trace;

namespace {

constexpr const char* kProduct = "7";

// A service with a cache: each step is one that the picture shows.
class Shop {
 public:
  Shop() {
    trace::actor("shop", trace::Actor::process);
    trace::actor("Redis", trace::Actor::service);
    trace::actor("PostgreSQL", trace::Actor::service);
  }

  // Step 10: cache-aside. Look, load after a miss, fill.
  std::string read() {
    arrow("shop", "Redis", "get");
    if (const auto cached = cache_.get(kProduct)) {
      arrow("Redis", "shop", "hit: " + *cached);
      return *cached;
    }
    arrow("Redis", "shop", "miss");
    arrow("shop", "PostgreSQL", "load");
    const std::string price = products_.load(kProduct).price;
    arrow("shop", "Redis", "fill " + price);
    cache_.set(kProduct, price);
    return price;
  }
  void write(const std::string& price) {
    arrow("shop", "PostgreSQL", "write " + price);
    products_.update(kProduct, price);
  }
  void erase() {
    arrow("shop", "Redis", "delete");
    cache_.erase(kProduct);
  }
  // Write-through: the database first, because it may refuse.
  void write_through(const std::string& price) {
    write(price);
    arrow("shop", "Redis", "set " + price);
    cache_.set(kProduct, price);
  }
  int loads() const { return products_.loads(); }

 private:
  ProductTable table_{postgres().url()};
  Products products_ = table_.open();
  SharedCache cache_{redis().url(), {.prefix = prefix()}};
};

}  // namespace

void strategies(lab::Story& story, const Knobs&) {
  story.say(
      "A price is read three times. Then it changes behind the cache's back, and the "
      "next read should be stale. Then the service deletes the cached price, and at last "
      "a write goes through the cache.");
  story.picture(lab::Picture::sequence, {"shop", "Redis", "PostgreSQL"});
  Shop shop;
  lab::Table table{"Reads of one price", {"step", "price read", "loads"}, {}};
  const auto step = [&](const char* name, int reads) {
    const int before = shop.loads();
    std::string price;
    trace::instant(name, {.lane = "case"});
    for (int i = 0; i < reads; ++i) price = shop.read();
    const int loads = shop.loads() - before;
    table.rows.push_back({name, price, std::to_string(loads)});
    return std::pair{price, loads};
  };
  const auto first = step("three reads", 3);
  shop.write("2");
  const auto stale = step("after a write that the cache is not told of", 1);
  shop.erase();
  const auto erased = step("after a delete", 1);
  shop.write_through("3");
  const auto through = step("after a write-through", 1);
  story.table(table);
  story.claim(
      "18.5",
      first.second == 1 && stale.first == "1" && erased.first == "2" &&
          erased.second == 1,
      "three reads took {} load; after a write the cache still gave the price {}, "
      "and after a delete the price {}",
      first.second, stale.first, erased.first);
  story.claim("18.6", through.first == "3" && through.second == 0,
              "the read after a write-through gave the price {} with {} loads; after a "
              "delete the read took {}",
              through.first, through.second, erased.second);
  story.nuance(
      "18.6",
      "Write-through fills the cache with what may never be read, and two writers "
      "can reach the cache in a different order than the database. Write-behind "
      "writes the cache first and the database later, so it loses writes when the "
      "cache dies.");
  story.takeaway(
      "Cache-aside with a delete on write is the default: deletes can come twice and in "
      "any order. Add an expiry for the delete that gets lost.");
}

namespace {

struct Ending {
  std::string cache, database;
  bool late_stored = true;  // what came too late
};

// A reader misses and loads. Before it fills, a writer changes the price and tells the cache.
enum class Guard { none, version, lease };
Ending race(Guard guard) {
  const ProductTable table(postgres().url());
  const SharedCacheConfig config{.prefix = prefix()};
  Products reader = table.open(), writer = table.open();
  SharedCache of_reader(redis().url(), config), of_writer(redis().url(), config);

  static constexpr const char* kNames[] = {"with a delete", "with a version",
                                           "with a lease"};
  trace::instant(kNames[static_cast<int>(guard)], {.lane = "case"});
  arrow("reader", "Redis", "get: miss");
  const auto found = of_reader.get_or_lease(kProduct);
  arrow("reader", "PostgreSQL", "load 1");
  const Products::Row old = reader.load(kProduct);

  arrow("writer", "PostgreSQL", "write 2");
  const long version = writer.update(kProduct, "2");
  if (guard == Guard::version) {
    arrow("writer", "Redis", "set 2, version 2");
    of_writer.set_newer(kProduct, version, "2");
  } else {
    arrow("writer", "Redis", "delete");
    of_writer.erase(kProduct);
  }

  // Step 11: the late fill. Plain, it wins; with a version or a lease it is refused.
  bool stored = true;
  if (guard == Guard::none) of_reader.set(kProduct, old.price);
  if (guard == Guard::version) {
    stored = of_reader.set_newer(kProduct, old.version, old.price);
  }
  if (guard == Guard::lease) stored = of_reader.fill(kProduct, found.token, old.price);
  arrow("reader", "Redis", stored ? "fill 1: stored" : "fill 1: refused");
  return {of_reader.get(kProduct).value_or("empty"), reader.load(kProduct).price, stored};
}

// Two writers: the database takes 2, then 3. Their messages to the cache cross.
Ending crossed(bool versions) {
  const ProductTable table(postgres().url());
  Products products = table.open();
  SharedCache cache(redis().url(), {.prefix = prefix()});
  const long second = products.update(kProduct, "2");
  const long third = products.update(kProduct, "3");
  bool stored = true;
  if (versions) {
    cache.set_newer(kProduct, third, "3");
    stored = cache.set_newer(kProduct, second, "2");
  } else {
    cache.set(kProduct, "3");
    cache.set(kProduct, "2");
  }
  return {cache.get(kProduct).value_or("empty"), products.load(kProduct).price, stored};
}

}  // namespace

void late_fill(lab::Story& story, const Knobs&) {
  story.say(
      "A reader misses and loads the price 1. Before its fill, a writer stores 2 and "
      "deletes the entry. The late fill should win, unless a version or a lease stops "
      "it. Then two writers set in the wrong order.");
  story.picture(lab::Picture::sequence, {"reader", "writer", "Redis", "PostgreSQL"});
  trace::actor("reader", trace::Actor::process);
  trace::actor("writer", trace::Actor::process);
  trace::actor("Redis", trace::Actor::service);
  trace::actor("PostgreSQL", trace::Actor::service);
  const Ending plain = race(Guard::none);
  const Ending version = race(Guard::version);
  const Ending lease = race(Guard::lease);
  const Ending writers = crossed(false);
  const Ending counted = crossed(true);
  const auto row = [](const char* what, const Ending& ending) {
    return std::vector<std::string>{what, ending.cache, ending.database,
                                    ending.late_stored ? "stored" : "refused"};
  };
  story.table({"What is left in the end",
               {"on a write", "cache", "database", "what came late"},
               {row("a delete", plain), row("a set with a version", version),
                row("a delete that takes the lease back", lease),
                row("two writers that set", writers),
                row("two writers that set with versions", counted)}});
  story.claim("18.5",
              plain.cache == "1" && plain.database == "2" && version.cache == "2" &&
                  lease.cache == "empty" && lease.database == "2" &&
                  writers.cache == "2" && writers.database == "3" && counted.cache == "3",
              "with a delete alone the cache kept {} while the database had {}; with a "
              "version it had {}, with a lease it was {}",
              plain.cache, plain.database, version.cache, lease.cache);
  story.nuance(
      "18.5",
      "Without a version or a lease the wrong value stays until it expires. So an "
      "expiry is not an optimisation: it bounds how long a mistake lasts.");
  story.takeaway(
      "Between a miss and its fill anything can happen: guard the fill, or bound the "
      "damage with a short expiry.");
}

}  // namespace lab18
