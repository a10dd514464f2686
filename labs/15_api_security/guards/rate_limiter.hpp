// rate_limiter.hpp: at most so many requests of one client in a time.
//
//   fixed window    counts from a client's first request on, and begins anew at the end of
//                   the window: around that edge twice the limit passes
//   sliding window  remembers when each request was accepted: never more than the limit in
//                   any window, wherever it begins
//   token bucket    a token comes back every window/limit: a burst of the limit, then a
//                   steady rate; up to twice the limit in one window, but never at once.
//                   Kept as the time at which the bucket is full again
//   shared          a sliding window in Redis, for all processes together, by Redis' clock
//
// Units     Time is passed in; a window is a chrono duration.
// Threads   One, the server's.
// Errors    A limit or window of zero: std::invalid_argument. Redis gone: lab::Error, and
//           the server replies 500. To let everyone pass instead is a choice, and must be
//           made on purpose.
// Cost      Sliding window: one time stamp for each accepted request. A client that has not
//           come for a window is forgotten, so that addresses do not fill the memory.
// Source    express-rate-limit 8 (fixed window, MemoryStore); rate-limiter-flexible; the bucket
//           is the GCRA of ATM Forum's traffic management 4.0.
// Left out  IPv6, where a client owns a whole /64; weights; slowing down instead of refusing.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "api_security.hpp"
#include "lab/db/redis.hpp"

namespace lab15 {

using Clock = std::chrono::steady_clock;

struct Decision {
  bool allowed = false;
  Clock::duration retry_after{};  // of a refusal: when one could be allowed
};

struct Limit {
  int requests = 5;
  Clock::duration window = std::chrono::minutes(1);
};

// Whether this client's request is allowed now. Copies share their counts.
using RateLimiter =
    std::function<Decision(const std::string& client, Clock::time_point now)>;

enum class Algorithm { fixed_window, sliding_window, token_bucket };

RateLimiter make_limiter(Algorithm algorithm, Limit limit);

// The same key for the same limit in every process. `redis` outlives it.
RateLimiter make_shared_limiter(lab::Redis& redis, std::string key, Limit limit);

// The client's address: whoever connected, unless that is a proxy of ours. A proxy appends
// the address that it saw to X-Forwarded-For, or adds a line of that name, so all lines
// are read as one list, from its right end, as far as we trust; what stands left of that,
// anybody may have written.
std::string client_address(const Request& request, const std::set<std::string>& proxies);

// 429 with Retry-After when `limiter` refuses the client that `key` names.
Guard rate_limit(RateLimiter limiter, std::function<std::string(const Request&)> key,
                 std::function<Clock::time_point()> now = Clock::now);

}  // namespace lab15
