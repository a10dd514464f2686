// shared_cache.hpp: a cache in Redis in front of a database, for all instances of a service.
//
//   read    get -> hit
//           get -> miss -> load from the database -> fill
//   write   write the database -> erase (the next read loads), or set (write-through)
//
// A fill can come too late: its reader loaded, then somebody wrote and erased, and then the
// reader fills what is no longer true. Two cures:
//
//   version  each value has the version of its row; set_newer() never replaces a newer one
//   lease    a miss hands out a token, and every write takes it back: fill() with a token
//            that is no longer valid stores nothing. There is one token at a time for a
//            key, so a lease is a single flight for all processes too. A reader that dies
//            with the token loses it after `lease_for`, and the next reader gets another.
//
// Units     Milliseconds, counted by Redis.
// Threads   As lab::Redis: one object for each thread.
// Errors    What Redis refuses throws lab::Error: the caller decides whether to go on
//           without a cache. That nobody fills it in time, get_or_load() throws too.
// Cost      One round trip a call; the decisions are made inside Redis, in scripts.
// Source    "Scaling Memcache at Facebook" (NSDI 2013) for leases.
// Left out  EVALSHA, a cluster's hash slots for the two keys, waking those who wait.
//           A version protects only while its entry lives: expiry must be longer than the
//           slowest read.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "lab/db/redis.hpp"

namespace lab18 {

using std::chrono::milliseconds;

struct SharedCacheConfig {
  std::string prefix{};  // of all its keys: the Redis may be somebody else's too
  milliseconds fresh_for{60'000};
  milliseconds lease_for{500};
};

class SharedCache {
 public:
  SharedCache(const std::string& url, SharedCacheConfig config);

  std::optional<std::string> get(const std::string& key);
  void set(const std::string& key, const std::string& value);
  void erase(const std::string& key);

  // False if what is there has this version or a newer one.
  bool set_newer(const std::string& key, long version, const std::string& value);

  // Step 5: a value, or the token for filling it, or neither while somebody else has the token.
  struct Lookup {
    std::optional<std::string> value{};
    std::string token{};
  };
  Lookup get_or_lease(const std::string& key);
  bool fill(const std::string& key, const std::string& token, const std::string& value);

  // Of all instances that miss a key at the same time, one loads.
  std::string get_or_load(const std::string& key,
                          const std::function<std::string()>& load,
                          milliseconds patience = milliseconds(5'000));

 private:
  std::string load_and_fill(const std::string& key, const std::string& token,
                            const std::function<std::string()>& load);
  std::string script(const char* lua, const std::string& key,
                     std::initializer_list<std::string> arguments);

  SharedCacheConfig config_;
  lab::Redis redis_;
  std::string name_;  // of this object, for its tokens
  int leases_ = 0;
};

}  // namespace lab18
