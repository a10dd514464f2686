#include "shared_cache.hpp"

#include <fmt/format.h>

#include <charconv>
#include <random>
#include <stdexcept>
#include <thread>

#include "lab/core/error.hpp"

namespace lab18 {

namespace {

// In each script: KEYS[1] the value, KEYS[2] the lease. A value is stored as
// "version:text", version 0 if nobody counts. An answer begins with one letter: v a value,
// t a token, - nothing.
constexpr const char* kGet = R"(
  local stored = redis.call('GET', KEYS[1])
  return stored and 'v' .. string.sub(stored, string.find(stored, ':', 1, true) + 1) or '-')";

constexpr const char* kSet = R"(
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], '0:' .. ARGV[1], 'PX', ARGV[2])
  return 'v')";

constexpr const char* kSetNewer = R"(
  local stored = redis.call('GET', KEYS[1])
  if stored and tonumber(string.match(stored, '^%d+')) >= tonumber(ARGV[1]) then return '-' end
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'PX', ARGV[3])
  return 'v')";

constexpr const char* kGetOrLease = R"(
  local stored = redis.call('GET', KEYS[1])
  if stored then return 'v' .. string.sub(stored, string.find(stored, ':', 1, true) + 1) end
  return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and 't' or '-')";

constexpr const char* kFill = R"(
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return '-' end
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], '0:' .. ARGV[2], 'PX', ARGV[3])
  return 'v')";

constexpr const char* kGiveBack = R"(
  if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
  return '-')";

}  // namespace

SharedCache::SharedCache(const std::string& url, SharedCacheConfig config)
    : config_(std::move(config)),
      redis_(url),
      name_(fmt::format("{:08x}{:08x}", std::random_device()(), std::random_device()())) {
  if (config_.fresh_for.count() <= 0 || config_.lease_for.count() <= 0) {
    throw std::invalid_argument("a cache in which nothing can stay");
  }
}

std::optional<std::string> SharedCache::get(const std::string& key) {
  const std::string found = script(kGet, key, {});
  if (found[0] != 'v') return std::nullopt;
  return found.substr(1);
}

void SharedCache::set(const std::string& key, const std::string& value) {
  script(kSet, key, {value, std::to_string(config_.fresh_for.count())});
}

// The value and the lease: whoever is loading now may have read what was true before.
void SharedCache::erase(const std::string& key) {
  redis_.command({"DEL", config_.prefix + key, config_.prefix + "lease:" + key});
}

bool SharedCache::set_newer(const std::string& key, long version,
                            const std::string& value) {
  return script(kSetNewer, key,
                {std::to_string(version), value,
                 std::to_string(config_.fresh_for.count())}) == "v";
}

SharedCache::Lookup SharedCache::get_or_lease(const std::string& key) {
  const std::string token = fmt::format("{}-{}", name_, ++leases_);
  const std::string found =
      script(kGetOrLease, key, {token, std::to_string(config_.lease_for.count())});
  if (found[0] == 'v') return {.value = found.substr(1)};
  return {.token = found == "t" ? token : ""};
}

bool SharedCache::fill(const std::string& key, const std::string& token,
                       const std::string& value) {
  return script(kFill, key, {token, value, std::to_string(config_.fresh_for.count())}) ==
         "v";
}

// Step 6: wait for whoever has the token, but not for ever: it may have died.
std::string SharedCache::get_or_load(const std::string& key,
                                     const std::function<std::string()>& load,
                                     milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const Lookup found = get_or_lease(key);
    if (found.value) return *found.value;
    if (!found.token.empty()) {
      return load_and_fill(key, found.token, load);
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw lab::Error("wait for " + key, "nobody has filled it");
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
}

std::string SharedCache::load_and_fill(const std::string& key, const std::string& token,
                                       const std::function<std::string()>& load) {
  try {
    std::string value = load();
    fill(key, token, value);  // refused if somebody wrote meanwhile: then it is not kept
    return value;
  } catch (...) {
    script(kGiveBack, key, {token});  // the next reader need not wait until it runs out
    throw;
  }
}

std::string SharedCache::script(const char* lua, const std::string& key,
                                std::initializer_list<std::string> arguments) {
  std::vector<std::string> words{"EVAL", lua, "2", config_.prefix + key,
                                 config_.prefix + "lease:" + key};
  words.insert(words.end(), arguments);
  std::string answer = redis_.command(words);
  if (answer.empty()) throw lab::Error("ask the cache for " + key, "an empty answer");
  return answer;
}

}  // namespace lab18
