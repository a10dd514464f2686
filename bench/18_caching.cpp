// What a hit and a replacement cost, and which policy keeps the right entries.
//
//   build/release/bench/18_caching
//
// The hit rates are of loads that are made here, in the shapes of recorded ones: a few keys
// that are asked for most (zipf), a walk over everything between them (scan), a loop that is
// a little larger than the cache (loop), and favourites that change (shift). "Optimal" knows
// the future (Belady), so nothing can do better.
#include <benchmark/benchmark.h>

#include <cmath>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "caching.hpp"
#include "second_thread.hpp"

namespace {

using namespace lab18;
using namespace std::chrono_literals;

const SecondThread second_thread;
constexpr int kRoom = 1000;

void BM_HashMap_Find(benchmark::State& state) {
  std::unordered_map<int, int> map;
  for (int i = 0; i < kRoom; ++i) map[i] = i;
  int key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(map.find(key = (key + 7) % kRoom));
}
BENCHMARK(BM_HashMap_Find);

void BM_Mutex_LockUnlock(benchmark::State& state) {
  static std::mutex mutex;
  for (auto _ : state) std::lock_guard lock(mutex);
}
BENCHMARK(BM_Mutex_LockUnlock);

void hit(benchmark::State& state, CacheConfig config) {
  Cache<int, int> cache(config);
  for (int i = 0; i < kRoom; ++i) cache.set(i, i);
  int key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cache.get(key = (key + 7) % kRoom));
}
void BM_Cache_Hit(benchmark::State& state) {
  hit(state, {.entries = kRoom});
}
BENCHMARK(BM_Cache_Hit);
void BM_Cache_Hit_WithExpiry(benchmark::State& state) {
  hit(state, {.entries = kRoom, .fresh_for = 1h});
}
BENCHMARK(BM_Cache_Hit_WithExpiry);

void BM_Cache_GetOrLoad_Hit(benchmark::State& state) {
  Cache<int, int> cache({.entries = kRoom});
  for (int i = 0; i < kRoom; ++i) cache.set(i, i);
  int key = 0;
  for (auto _ : state) {
    key = (key + 7) % kRoom;
    benchmark::DoNotOptimize(cache.get_or_load(key, [key] { return key; }));
  }
}
BENCHMARK(BM_Cache_GetOrLoad_Hit);

void BM_Cache_Set_Evicting(benchmark::State& state) {
  Cache<int, int> cache({.entries = kRoom});
  int key = 0;
  for (auto _ : state) cache.set(++key, 1);
}
BENCHMARK(BM_Cache_Set_Evicting);

using Requests = std::vector<int>;

Requests requests(const std::string& shape) {
  std::mt19937 random(18);
  std::uniform_real_distribution<double> even(0, 1);
  const auto favourite = [&] { return static_cast<int>(std::pow(20'000, even(random))); };
  Requests made;
  for (int i = 0; i < 200'000; ++i) {
    if (shape == "loop") made.push_back(i % 1200);
    if (shape == "zipf") made.push_back(favourite());
    if (shape == "scan") made.push_back(i % 3 ? favourite() : 100'000 + i);
    if (shape == "shift") made.push_back(favourite() + i / 20'000 * 100'000);
  }
  return made;
}

// A policy sees every request, and says whether it was a hit.
struct Policy {
  virtual ~Policy() = default;
  virtual bool request(int key) = 0;
};

struct Lru : Policy {
  bool request(int key) override {
    const auto before = cache.counts().hits;
    cache.get_or_load(key, [key] { return key; });
    return cache.counts().hits > before;
  }
  Cache<int, int> cache{{.entries = kRoom}};
};

struct Fifo : Policy {
  bool request(int key) override {
    if (keys.contains(key)) return true;
    if (keys.size() == kRoom) {
      keys.erase(order.front());
      order.pop_front();
    }
    keys.insert(key);
    order.push_back(key);
    return false;
  }
  std::set<int> keys;
  std::list<int> order;
};

// The least often used goes; counts of what is gone are kept.
struct Lfu : Policy {
  bool request(int key) override {
    const long count = ++counts[key];
    if (by_count.erase({count - 1, key})) {
      by_count.insert({count, key});
      return true;
    }
    if (by_count.size() == kRoom) by_count.erase(by_count.begin());
    by_count.insert({count, key});
    return false;
  }
  std::unordered_map<int, long> counts;
  std::set<std::pair<long, int>> by_count;
};

// New entries are on probation; a second use protects them. A scan never gets that far.
struct Segmented : Policy {
  bool request(int key) override {
    if (protected_keys.get(key)) return true;
    if (probation.get(key)) {
      probation.erase(key);
      protected_keys.set(key, key);
      return true;
    }
    probation.set(key, key);
    return false;
  }
  Cache<int, int> probation{{.entries = kRoom / 5}};
  Cache<int, int> protected_keys{{.entries = kRoom - kRoom / 5}};
};

// Drops what is asked for latest of all: it knows the future.
struct Optimal : Policy {
  explicit Optimal(const Requests& all) : next_of(all.size()) {
    std::unordered_map<int, std::size_t> next;
    for (std::size_t i = all.size(); i-- > 0;) {
      const auto found = next.find(all[i]);
      next_of[i] = found == next.end() ? all.size() + i : found->second;
      next[all[i]] = i;
    }
  }
  bool request(int) override {
    const bool is_hit = by_next.erase(at) > 0;
    by_next.insert(next_of[at++]);
    if (by_next.size() > kRoom) by_next.erase(std::prev(by_next.end()));
    return is_hit;
  }
  std::vector<std::size_t> next_of;
  std::set<std::size_t> by_next;
  std::size_t at = 0;
};

std::unique_ptr<Policy> policy(const std::string& name, const Requests& all) {
  if (name == "LRU") return std::make_unique<Lru>();
  if (name == "FIFO") return std::make_unique<Fifo>();
  if (name == "LFU") return std::make_unique<Lfu>();
  if (name == "SLRU") return std::make_unique<Segmented>();
  return std::make_unique<Optimal>(all);
}

void hit_rate(benchmark::State& state, const std::string& name,
              const std::string& shape) {
  const Requests all = requests(shape);
  for (auto _ : state) {
    const auto tried = policy(name, all);
    int hits = 0;
    for (const int key : all) hits += tried->request(key);
    state.counters["hit_%"] = 100.0 * hits / static_cast<double>(all.size());
  }
}

const bool registered = [] {
  for (const std::string shape : {"zipf", "scan", "loop", "shift"}) {
    for (const std::string name : {"FIFO", "LRU", "SLRU", "LFU", "Optimal"}) {
      benchmark::RegisterBenchmark(
          ("BM_HitRate_" + name + "_" + shape).c_str(),
          [name, shape](benchmark::State& state) { hit_rate(state, name, shape); })
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
