#include "guards/rate_limiter.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <stdexcept>
#include <unordered_map>

namespace lab15 {

namespace {

using Time = Clock::time_point;

void check(const Limit& limit) {
  if (limit.requests < 1) throw std::invalid_argument("a limit is at least 1 request");
  if (limit.window <= Clock::duration::zero())
    throw std::invalid_argument("a window lasts longer than nothing");
}

// Step 3: a fixed window. At its end the count is zero again, whatever came just before.
struct FixedWindow {
  Time until{};
  int used = 0;

  Decision ask(const Limit& limit, Time now) {
    if (now >= until) *this = {now + limit.window, 0};
    if (used == limit.requests) return {.retry_after = until - now};
    ++used;
    return {.allowed = true};
  }
};

// Step 4: a sliding window. Each accepted request counts until it is a window old.
struct SlidingWindow {
  Time until{};
  std::deque<Time> ends{};  // of each request that still counts

  Decision ask(const Limit& limit, Time now) {
    while (!ends.empty() && now >= ends.front()) ends.pop_front();
    if (std::ssize(ends) == limit.requests) return {.retry_after = ends.front() - now};
    until = ends.emplace_back(now + limit.window);
    return {.allowed = true};
  }
};

// Step 5: a token bucket. Each token that is taken puts off the time when it is full again.
struct TokenBucket {
  Time until{};

  Decision ask(const Limit& limit, Time now) {
    const Time full = std::max(until, now) + limit.window / limit.requests;
    if (full > now + limit.window) return {.retry_after = full - now - limit.window};
    until = full;
    return {.allowed = true};
  }
};

// One State for each client. From `until` on it says no more than a new one, and is forgotten.
template <class State>
RateLimiter per_client(Limit limit) {
  struct Counts {
    std::unordered_map<std::string, State> of;
    Time next_sweep{};
  };
  return [limit, counts = std::make_shared<Counts>()](const std::string& client,
                                                      Time now) {
    if (now >= counts->next_sweep) {
      std::erase_if(counts->of, [&](auto& entry) { return now >= entry.second.until; });
      counts->next_sweep = now + limit.window;
    }
    return counts->of[client].ask(limit, now);
  };
}

// One script, so that nobody comes between the look and the count. It reads Redis'
// own clock: those of the processes differ. It returns after how many microseconds a request
// could be allowed; 0 if this one is.
constexpr const char* kScript = R"lua(
  local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
  local used = redis.call('ZCARD', KEYS[1])
  if used >= limit then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return oldest[2] + window - now
  end
  local stamp = string.format('%.0f', now)
  redis.call('ZADD', KEYS[1], stamp, stamp .. '-' .. used)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  return 0
)lua";

}  // namespace

RateLimiter make_limiter(Algorithm algorithm, Limit limit) {
  check(limit);
  switch (algorithm) {
    case Algorithm::fixed_window:
      return per_client<FixedWindow>(limit);
    case Algorithm::sliding_window:
      return per_client<SlidingWindow>(limit);
    case Algorithm::token_bucket:
      return per_client<TokenBucket>(limit);
  }
  throw std::invalid_argument("there is no such algorithm");
}

RateLimiter make_shared_limiter(lab::Redis& redis, std::string key, Limit limit) {
  using std::chrono::microseconds;
  check(limit);
  const auto window = std::chrono::ceil<microseconds>(limit.window).count();
  return [=, &redis](const std::string& client, Time) -> Decision {
    const long wait = std::stol(
        redis.command({"EVAL", kScript, "1", key + client, std::to_string(limit.requests),
                       std::to_string(window)}));
    return {.allowed = wait == 0, .retry_after = microseconds(wait)};
  };
}

// From the nearest on: as long as an address is a proxy of ours, what it saw is the next.
std::string client_address(const Request& request, const std::set<std::string>& proxies) {
  std::string address = request.peer;
  // A proxy may add a line of its own below the client's, and then the first is what the
  // client has made up.
  std::string list = list_header(request.headers, "x-forwarded-for").value_or("");
  while (!list.empty() && proxies.contains(address)) {
    const std::size_t begin = list.rfind(',') + 1;  // 0 if this is the last
    address = list.substr(begin);
    address.erase(0, address.find_first_not_of(' '));
    address.erase(address.find_last_not_of(' ') + 1);
    list.resize(begin == 0 ? 0 : begin - 1);
  }
  return address;
}

Guard rate_limit(RateLimiter limiter, std::function<std::string(const Request&)> key,
                 std::function<Clock::time_point()> now) {
  return [=](Exchange& exchange) -> std::optional<Response> {
    const Decision decision = limiter(key(exchange.request), now());
    if (decision.allowed) return {};
    Response response = refusal(429, "too many requests");
    const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after);
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    return response;
  };
}

}  // namespace lab15
