// Lab 18's caches as contestants: peers_18 NAME COUNT [URL], peers_18 serve OFFER.
#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "../second_thread.hpp"
#include "caching.hpp"
#include "http_cache.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis_server.hpp"
#include "offer.hpp"
#include "shared_cache.hpp"
#include "timed.hpp"

namespace {

using namespace lab18;
using namespace std::chrono_literals;

constexpr int kRoom = 1000;

std::vector<std::string> keys(int count) {
  std::vector<std::string> made;
  for (int i = 0; i < count; ++i) made.push_back(fmt::format("product:{}", i));
  return made;
}

// All 1,000 keys in turn; adds up what was found.
template <class Get>
std::string sum_of(std::int64_t count, Get get) {
  static const std::vector<std::string> all = keys(kRoom);
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum += get(all[static_cast<std::size_t>(i * 7 % kRoom)]);
  }
  return fmt::format("{} found", sum);
}

std::string map_hit(std::int64_t count) {
  std::unordered_map<std::string, int> map;
  for (const std::string& key : keys(kRoom)) map[key] = 1;
  return sum_of(count, [&](const std::string& key) { return map.find(key)->second; });
}

std::string hit(std::int64_t count) {
  Cache<std::string, int> cache({.entries = kRoom});
  for (const std::string& key : keys(kRoom)) cache.set(key, 1);
  return sum_of(count, [&](const std::string& key) { return *cache.get(key); });
}

std::string hit_with_expiry(std::int64_t count) {
  Cache<std::string, int> cache({.entries = kRoom, .fresh_for = 1h});
  for (const std::string& key : keys(kRoom)) cache.set(key, 1);
  return sum_of(count, [&](const std::string& key) { return *cache.get(key); });
}

// Ten times as many keys as there is room: each replaces another one.
std::string replace(std::int64_t count) {
  static const std::vector<std::string> all = keys(10 * kRoom);
  Cache<std::string, int> cache({.entries = kRoom});
  for (std::int64_t i = 0; i < count; ++i) {
    cache.set(all[static_cast<std::size_t>(i) % all.size()], 1);
  }
  return fmt::format("{} kept", cache.size());
}

std::string decide(std::int64_t count) {
  const lab::http::Request request{.headers = {{"host", "x"}, {"accept", "text/html"}}};
  const lab::http::Response response{
      .headers = {{"cache-control", "public, max-age=60, stale-while-revalidate=30"},
                  {"date", "Sun, 09 Sep 2001 01:46:40 GMT"},
                  {"etag", "W/\"1\""},
                  {"age", "3"},
                  {"vary", "accept"}}};
  const WallTime now{1'000'000'000s};
  std::int64_t fresh = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const StoredResponse stored(request, response, now);
    fresh += stored.use_for(request, now + 10s) == Use::fresh;
  }
  return fmt::format("{} fresh", fresh);
}

std::string bare_get(std::int64_t count, const std::string& url) {
  lab::Redis redis(url);
  redis.command({"SET", "bare", "1"});
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    sum += std::stol(redis.command({"GET", "bare"}));
  return fmt::format("{} found", sum);
}

std::string shared_get(std::int64_t count, const std::string& url) {
  SharedCache cache(url, {.prefix = "peers:"});
  cache.set("a", "1");
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += std::stol(*cache.get("a"));
  return fmt::format("{} found", sum);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"map", map_hit},
    {"hit", hit},
    {"expiring", hit_with_expiry},
    {"replace", replace},
    {"decide", decide}};
const std::map<std::string, std::string (*)(std::int64_t, const std::string&)> kOfRedis =
    {{"bare", bare_get}, {"shared", shared_get}};

void serve(const std::string& offer) {
  const lab::RedisServer server;
  peers::offer(offer, {{"url", server.url()}});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3 && std::string(argv[1]) == "serve") serve(argv[2]);
  if (argc != 3 && argc != 4) throw std::invalid_argument("peers_18 NAME COUNT [URL]");
  // With one thread glibc's mutex is not a real one.
  const SecondThread second_thread;
  if (argc == 3) {
    peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
  } else {
    peers::timed(std::stoll(argv[2]), [&](std::int64_t count) {
      return kOfRedis.at(argv[1])(count, argv[3]);
    });
  }
} catch (const lab::Absent& absent) {
  fmt::print(stderr, "{}\n", absent.what());
  return 77;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
