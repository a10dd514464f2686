#include "guards/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace lab15 {

namespace {

using Time = Clock::time_point;

void check(const Limit& limit) {
  if (limit.requests < 1) throw std::invalid_argument("a limit is at least 1 request");
  if (limit.window <= Clock::duration::zero())
    throw std::invalid_argument("a window lasts longer than nothing");
}

// One State for each client. A state is forgotten once it says no more than a new one would.
template <class State>
class PerClient : public RateLimiter {
 public:
  explicit PerClient(Limit limit) : limit_(limit) { check(limit); }

  Decision ask(const std::string& client, Time now) override {
    if (now >= next_sweep_) {
      std::erase_if(states_, [&](auto& entry) { return entry.second.idle(limit_, now); });
      next_sweep_ = now + limit_.window;
    }
    return states_.try_emplace(client, limit_, now).first->second.ask(limit_, now);
  }

 private:
  const Limit limit_;
  std::unordered_map<std::string, State> states_;
  Time next_sweep_{};
};

// Step 3: a fixed window. At its end the count is zero again, whatever came just before.
struct FixedWindow {
  Time end;
  int used = 0;

  FixedWindow(const Limit& limit, Time now) : end(now + limit.window) {}

  Decision ask(const Limit& limit, Time now) {
    if (now >= end) *this = FixedWindow(limit, now);
    if (used == limit.requests) return {.retry_after = end - now};
    return {.allowed = true, .remaining = limit.requests - ++used};
  }
  bool idle(const Limit&, Time now) const { return now >= end; }
};

// Step 4: a sliding window. Each accepted request counts until it is a window old.
struct SlidingWindow {
  std::deque<Time> accepted;

  SlidingWindow(const Limit&, Time) {}

  Decision ask(const Limit& limit, Time now) {
    while (!accepted.empty() && now - accepted.front() >= limit.window)
      accepted.pop_front();
    const int used = static_cast<int>(accepted.size());
    if (used == limit.requests)
      return {.retry_after = accepted.front() + limit.window - now};
    accepted.push_back(now);
    return {.allowed = true, .remaining = limit.requests - used - 1};
  }
  bool idle(const Limit& limit, Time now) const {
    return accepted.empty() || now - accepted.back() >= limit.window;
  }
};

// Step 5: a token bucket. The time since the last request says how many tokens to add.
struct TokenBucket {
  double tokens;
  Time filled;

  TokenBucket(const Limit& limit, Time now) : tokens(limit.requests), filled(now) {}

  double level(const Limit& limit, Time now) const {
    const double windows = std::chrono::duration<double>(now - filled) /
                           std::chrono::duration<double>(limit.window);
    return std::min<double>(limit.requests, tokens + windows * limit.requests);
  }
  Decision ask(const Limit& limit, Time now) {
    tokens = level(limit, now);
    filled = now;
    if (tokens < 1) {
      const auto missing =
          (1 - tokens) / limit.requests * std::chrono::duration<double>(limit.window);
      return {.retry_after = std::chrono::ceil<Clock::duration>(missing)};
    }
    tokens -= 1;
    return {.allowed = true, .remaining = static_cast<int>(tokens)};
  }
  bool idle(const Limit& limit, Time now) const {
    return level(limit, now) >= limit.requests;
  }
};

// One script, so that nobody comes between the look and the count. It reads Redis'
// own clock: those of the processes differ. It answers how many are left, or, negative, in
// how many microseconds one will be.
constexpr const char* kScript = R"lua(
  local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
  local used = redis.call('ZCARD', KEYS[1])
  if used >= limit then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return now - window - oldest[2]
  end
  local stamp = string.format('%.0f', now)
  redis.call('ZADD', KEYS[1], stamp, stamp .. '-' .. used)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  return limit - used - 1
)lua";

class SharedLimiter : public RateLimiter {
 public:
  SharedLimiter(lab::Redis& redis, std::string key, Limit limit)
      : redis_(redis), key_(std::move(key)), limit_(limit) {
    check(limit);
  }

  Decision ask(const std::string& client, Time) override {
    using std::chrono::microseconds;
    const auto window = std::chrono::ceil<microseconds>(limit_.window).count();
    const long left = std::stol(
        redis_.command({"EVAL", kScript, "1", key_ + client,
                        std::to_string(limit_.requests), std::to_string(window)}));
    if (left < 0) return {.retry_after = microseconds(-left)};
    return {.allowed = true, .remaining = static_cast<int>(left)};
  }

 private:
  lab::Redis& redis_;
  const std::string key_;
  const Limit limit_;
};

// Whom the request came through, the nearest first.
std::vector<std::string> path_of(const Request& request) {
  std::vector<std::string> path;
  const std::string list = header(request.headers, "x-forwarded-for");
  for (std::size_t begin = 0; !list.empty() && begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string entry = list.substr(begin, end - begin);
    entry.erase(0, entry.find_first_not_of(' '));
    entry.erase(entry.find_last_not_of(' ') + 1);
    path.push_back(entry);
    begin = end + 1;
  }
  path.push_back(request.peer);
  std::ranges::reverse(path);
  return path;
}

}  // namespace

std::unique_ptr<RateLimiter> make_limiter(Algorithm algorithm, Limit limit) {
  switch (algorithm) {
    case Algorithm::fixed_window:
      return std::make_unique<PerClient<FixedWindow>>(limit);
    case Algorithm::sliding_window:
      return std::make_unique<PerClient<SlidingWindow>>(limit);
    case Algorithm::token_bucket:
      return std::make_unique<PerClient<TokenBucket>>(limit);
  }
  throw std::invalid_argument("there is no such algorithm");
}

std::unique_ptr<RateLimiter> make_shared_limiter(lab::Redis& redis, std::string key,
                                                 Limit limit) {
  return std::make_unique<SharedLimiter>(redis, std::move(key), limit);
}

// Whom to count.
std::string client_address(const Request& request, const std::set<std::string>& proxies) {
  const auto path = path_of(request);
  const auto known = std::ranges::find_if_not(
      path, [&](const auto& address) { return proxies.contains(address); });
  return known == path.end() ? path.back() : *known;
}

std::string claimed_address(const Request& request) {
  return path_of(request).back();
}

Guard rate_limit(std::shared_ptr<RateLimiter> limiter,
                 std::function<std::string(const Request&)> key,
                 std::function<Clock::time_point()> now) {
  return [=](Exchange& exchange) -> std::optional<Response> {
    const Decision decision = limiter->ask(key(exchange.request), now());
    if (decision.allowed) return {};
    Response response = refusal(429, "too many requests");
    const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after);
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    return response;
  };
}

}  // namespace lab15
