// stampede.cpp: many callers, one missing key.
#include <fmt/format.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "caching.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/products.hpp"

namespace lab18 {

namespace trace = lab::trace;

namespace {

constexpr const char* kProduct = "7";
using Prices = Cache<std::string, std::string>;

// What callers got who all asked at the same time, and what that cost the database.
struct Outcome {
  int served = 0, failed = 0, loads = 0;
};

// A database that does one query at a time, and that may be away.
class Database {
 public:
  Database(const ProductTable& table, milliseconds takes)
      : products_(table.open()), takes_(takes) {}
  std::string load() {
    const std::lock_guard lock(mutex_);
    trace::counter("loads", ++loads_);
    const std::string price = products_.load(kProduct, takes_).price;
    if (is_away_) throw lab::Error("load product 7", "the database is away");
    return price;
  }
  void away(bool away) { is_away_ = away; }
  int take_loads() { return loads_.exchange(0); }

 private:
  std::mutex mutex_;
  Products products_;
  milliseconds takes_;
  std::atomic<int> loads_ = 0;
  std::atomic<bool> is_away_ = false;
};

Outcome together(int callers, Database& database,
                 const std::function<std::string()>& read) {
  std::atomic<int> served = 0, failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < callers; ++i) {
      threads.emplace_back([&] {
        try {
          served += read() == "1";
        } catch (const lab::Error&) {
          ++failed;
        }
      });
    }
  }
  return {served, failed, database.take_loads()};
}

// Each looks first, then loads: nobody can know of the others.
Outcome each_for_itself(int callers, Database& database) {
  Prices cache({.entries = 10});
  std::barrier all_missed(callers);
  return together(callers, database, [&] {
    const auto cached = cache.get(kProduct);
    all_missed.arrive_and_wait();
    if (cached) return *cached;
    std::string price = database.load();
    cache.set(kProduct, price);
    return price;
  });
}

// The cache lets one of them load. The load begins when all the others have been told to
// wait, or have been served: then it is certain that all asked at the same time.
Outcome one_for_all(int callers, Database& database, Prices& cache) {
  const auto all_others_asked = [&] {
    const CacheCounts counts = cache.counts();
    return static_cast<int>(counts.waits + counts.stale_hits) == callers - 1;
  };
  return together(callers, database, [&] {
    return cache.get_or_load(kProduct, [&] {
      const auto deadline = std::chrono::steady_clock::now() + 5s;
      while (!all_others_asked() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
      }
      return database.load();
    });
  });
}

struct TakenOver {
  bool led = false;
  std::string price;
  std::chrono::nanoseconds waited{};
};

// The instance that has the lease is killed while it loads: another one takes over.
TakenOver leader_dies(const ProductTable& table) {
  const Instance::Services services{redis().url(), postgres().url(), table.name(),
                                    prefix(), 300ms};
  Instance leader("leader", services), follower("follower", services);
  const bool led = leader.load_for_ever(kProduct);
  leader.kill();
  trace::instant("killed", {.lane = "leader"});
  const auto began = std::chrono::steady_clock::now();
  const Reading taken = follower.read("redis", kProduct);
  return {led, taken.price, std::chrono::steady_clock::now() - began};
}

}  // namespace

// Step 12: the same miss by many callers at once, four times over.
void stampede(lab::Story& story, const Knobs& knobs) {
  const int callers = *knobs.callers;
  story.say(
      "{} callers miss the same key at the same time. If each loads for itself, the "
      "database should get {} queries. With a shared load it should get one, even when "
      "that one fails.",
      callers, callers);
  story.picture(lab::Picture::bars, {"Loads of the database"});
  const ProductTable table(postgres().url());
  Database database(table, *knobs.load);

  const Outcome each = each_for_itself(callers, database);
  Prices cache({.entries = 10}), fragile({.entries = 10});
  const Outcome shared = one_for_all(callers, database, cache);
  database.away(true);
  const Outcome failing = one_for_all(callers, database, fragile);
  database.away(false);
  const Outcome after = together(1, database, [&] {
    return fragile.get_or_load(kProduct, [&] { return database.load(); });
  });

  TimePoint now{};  // this cache's clock is turned by hand
  Prices stale({.entries = 10, .fresh_for = 1s, .stale_for = 1h}, [&] { return now; });
  stale.set(kProduct, "1");
  now += 1min;
  const Outcome revalidated = one_for_all(callers, database, stale);
  const TakenOver taken = leader_dies(table);

  const auto row = [](const char* how, const Outcome& outcome) {
    return std::vector<std::string>{how, std::to_string(outcome.served),
                                    std::to_string(outcome.failed),
                                    std::to_string(outcome.loads)};
  };
  story.table({"Loads of the database",
               {"how", "served", "failed", "loads"},
               {row("each for itself", each), row("one load for all", shared),
                row("one load, and it fails", failing), row("the next caller", after),
                row("stale while one reloads", revalidated)}});
  story.claim(
      "18.5",
      each.loads == callers && shared.loads == 1 && shared.served == callers &&
          failing.failed == callers && failing.loads == 1 && after.served == 1 &&
          after.loads == 1 && revalidated.served == callers && revalidated.loads == 1 &&
          taken.led && taken.price == "1",
      "{} callers made {} loads when each loaded for itself, and {} when they shared it; "
      "when the instance that was loading for all was killed, another took over after {}",
      callers, each.loads, shared.loads, lab::text::time(taken.waited));
  story.nuance(
      "18.5",
      "A load shared within a process still makes one load per instance. With a "
      "lease in Redis there is one in total. The lease must expire, because its owner "
      "may die. Entries that were filled together expire together, so add some "
      "randomness to their lifetime.");
  story.takeaway(
      "A popular key that expires causes a burst of queries. Load it once for all who "
      "wait, or serve the old value while one caller reloads it.");
}

}  // namespace lab18
