// caching.hpp: a bounded cache in the process: LRU, expiry, and one load for many callers.
//
//   get_or_load -- fresh ------------------------> the value
//   get_or_load -- stale, somebody reloads it ---> the stale value, at once
//   get_or_load -- missing, somebody loads it ---> waits for that load
//   get_or_load -- nobody loads it --------------> loads it; all who waited get the result
//
//   newest use [d] <-> [a] <-> [c] oldest use    the list is the order of use;
//               ^ a map finds each entry         a full cache drops the list's end
//
// Units     Time is std::chrono, read only through the injected clock, and not at all if
//           entries never expire.
// Threads   Safe to share: one mutex, which is not held while a value is loaded.
// Errors    What a load throws reaches its caller and all who waited for it, and is not
//           kept: the next call loads again. Where a stale value is there, the loader's own
//           caller gets that instead. No room at all throws std::invalid_argument.
// Cost      A hit: one lock, one look-up in a hash table, and a move in a list. With expiry
//           the clock is read too, which costs as much as the rest (see bench/); lru-cache
//           reads it once a millisecond.
// Source    golang.org/x/sync/singleflight for the shared load and for forgetting it;
//           RFC 5861 for serving what is stale.
// Left out  A limit in bytes, expiry with jitter, reloading in the background, a timer that
//           removes what has expired (it goes when it is asked for, or becomes the oldest).
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "lab/core/time_span.hpp"

namespace lab18 {

using lab::TimeSpan;
using TimePoint =
    std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

struct CacheConfig {
  std::size_t entries = 1000;
  TimeSpan fresh_for = TimeSpan::kForEver;
  TimeSpan stale_for = std::chrono::nanoseconds(0);  // usable for so long after that
};

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t stale_hits = 0;  // served stale, because somebody was reloading it
  std::uint64_t misses = 0;
  std::uint64_t waits = 0;  // misses that waited for somebody else's load
  std::uint64_t evictions = 0;
};

// Step 1: the contract. Look up, store, forget, or look up and load.
template <class Key, class Value>
class Cache {
 public:
  using Clock = std::function<TimePoint()>;

  explicit Cache(CacheConfig config, Clock clock = std::chrono::steady_clock::now)
      : config_(config), clock_(std::move(clock)) {
    if (config.entries == 0) throw std::invalid_argument("a cache without any room");
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // A copy of the value, if it is there and fresh.
  std::optional<Value> get(const Key& key) {
    const std::lock_guard lock(mutex_);
    const TimePoint at = now();
    const Entry* entry = use(key, at);
    if (entry && is_fresh(*entry, at)) {
      ++counts_.hits;
      return entry->value;
    }
    ++counts_.misses;
    return std::nullopt;
  }

  void set(const Key& key, Value value) {
    const std::lock_guard lock(mutex_);
    forget_load(key);  // it began before this value was known
    put(key, std::move(value));
  }

  // Also the result of a load that is under way: it may have read what was true before.
  void erase(const Key& key) {
    const std::lock_guard lock(mutex_);
    forget_load(key);
    const auto found = index_.find(key);
    if (found != index_.end()) remove(found);
  }

  // Step 2: at most one load of a key at a time. REQUIRES: `load` does not ask for its key.
  template <class Load>
  Value get_or_load(const Key& key, Load load) {
    std::unique_lock lock(mutex_);
    const TimePoint at = now();
    const Entry* entry = use(key, at);
    if (entry && is_fresh(*entry, at)) {
      ++counts_.hits;
      return entry->value;
    }
    const auto under_way = loads_.find(key);
    if (entry && under_way != loads_.end()) {
      ++counts_.stale_hits;
      return entry->value;
    }
    ++counts_.misses;
    if (under_way != loads_.end()) {
      ++counts_.waits;
      const std::shared_future<Value> result = under_way->second->result;
      lock.unlock();
      return result.get();
    }
    const auto mine = std::make_shared<Loading>();
    loads_.emplace(key, mine);
    std::optional<Value> stale;
    if (entry) stale = entry->value;
    lock.unlock();
    return load_for_all(key, mine, load, std::move(stale));
  }

  CacheCounts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return index_.size();
  }

 private:
  struct Entry {
    Key key;
    Value value;
    TimePoint stored;
  };
  struct Loading {
    std::promise<Value> promise{};
    std::shared_future<Value> result = promise.get_future().share();
  };
  using Order = std::list<Entry>;
  using Index = std::unordered_map<Key, typename Order::iterator>;

  // Step 3: the caller who found nothing loads, stores, and wakes the others.
  template <class Load>
  Value load_for_all(const Key& key, const std::shared_ptr<Loading>& mine, Load& load,
                     std::optional<Value> stale) {
    try {
      Value value = load();
      {
        const std::lock_guard lock(mutex_);
        if (end_load(key, mine)) put(key, value);
      }
      mine->promise.set_value(value);
      return value;
    } catch (...) {
      {
        const std::lock_guard lock(mutex_);
        end_load(key, mine);
      }
      mine->promise.set_exception(std::current_exception());
      if (stale) return *std::move(stale);
      throw;
    }
  }

  // False if it was forgotten meanwhile: then its value is for those who waited only.
  bool end_load(const Key& key, const std::shared_ptr<Loading>& mine) {
    const auto found = loads_.find(key);
    if (found == loads_.end() || found->second != mine) return false;
    loads_.erase(found);
    return true;
  }
  void forget_load(const Key& key) { loads_.erase(key); }

  // Step 4: what is used moves to the front, so the end of the list is the oldest. Nothing
  // if it is too old even to be served stale.
  Entry* use(const Key& key, TimePoint at) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (!is_usable(*found->second, at)) {
      remove(found);
      return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return &order_.front();
  }

  void put(const Key& key, Value value) {
    const TimePoint at = now();
    if (Entry* entry = use(key, at)) {
      entry->value = std::move(value);
      entry->stored = at;
      return;
    }
    if (index_.size() == config_.entries) {
      ++counts_.evictions;
      index_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({key, std::move(value), at});
    index_.emplace(key, order_.begin());
  }

  void remove(typename Index::iterator found) {
    order_.erase(found->second);
    index_.erase(found);
  }

  // Expiry is looked at when an entry is asked for, with no timer at all.
  bool expires() const { return config_.fresh_for < TimeSpan::kForEver; }
  TimePoint now() const { return expires() ? clock_() : TimePoint(); }
  bool is_fresh(const Entry& entry, TimePoint at) const {
    return !expires() || at - entry.stored < config_.fresh_for;
  }
  bool is_usable(const Entry& entry, TimePoint at) const {
    return !expires() || at - entry.stored < config_.fresh_for + config_.stale_for;
  }

  const CacheConfig config_;
  const Clock clock_;
  mutable std::mutex mutex_;
  Order order_;
  Index index_;
  std::unordered_map<Key, std::shared_ptr<Loading>> loads_;
  CacheCounts counts_;
};

}  // namespace lab18
