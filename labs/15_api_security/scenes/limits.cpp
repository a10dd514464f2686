// limits.cpp: guessing a password, and a flood, against limiters that differ in what they count.
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

using namespace std::chrono_literals;

namespace {

constexpr auto kWindow = 600ms;

// As bad as it gets: one request, then a burst just before the window's end, and another
// one just after it. Returns how many of both bursts passed, within 20 ms.
int passed_at_the_edge(Algorithm algorithm, int limit, const char* counter) {
  const auto limiter = make_limiter(algorithm, {.requests = limit, .window = kWindow});
  Clock::time_point now{1h};
  limiter("attacker", now);
  int passed = 0;
  for (const auto wait : {kWindow - 10ms, 20ms}) {
    now += wait;
    for (int i = 0; i < limit; ++i) {
      passed += limiter("attacker", now).allowed;
      lab::trace::counter(counter, passed);
    }
  }
  return passed;
}

struct Sent {
  int count = 0, passed = 0, parsed = 0;

  std::vector<std::string> row(std::string name) const {
    return {std::move(name), std::to_string(count), std::to_string(count - passed),
            std::to_string(parsed)};
  }
};

// Guesses, each at the next shop and, as X-Forwarded-For says, from the next address.
Sent guess(int count, const std::vector<ShopOptions>& options, int addresses) {
  std::vector<std::unique_ptr<Shop>> shops;
  std::vector<Caller> callers;
  for (const ShopOptions& option : options)
    callers.emplace_back("guesser", *shops.emplace_back(std::make_unique<Shop>(option)));
  Sent sent{.count = count};
  for (int i = 0; i < count; ++i) {
    Caller& next = callers[static_cast<std::size_t>(i) % callers.size()];
    const Response got = next.send(
        {.method = "POST",
         .target = "/login",
         .body = R"({"user":"admin","password":"a guess"})",
         .headers = {{"Content-Type", "application/json"},
                     {"X-Forwarded-For", fmt::format("10.0.1.{}", i % addresses)}}},
        false);
    sent.passed += got.status != 429;
  }
  for (const auto& shop : shops) sent.parsed += shop->entered();
  return sent;
}

RateLimiter own(int limit) {
  return make_limiter(Algorithm::sliding_window, {.requests = limit, .window = 1h});
}

// The client writes the whole header, or a proxy of ours has appended to it.
std::string claimed_address(const Request& request) {
  return find_header(request.headers, "x-forwarded-for");
}
std::string address_by_proxy(const Request& request) {
  return client_address(request, {"127.0.0.1"});
}

}  // namespace

void limits(lab::Story& story, const Knobs& knobs) {
  const int limit = *knobs.limit;
  story.say(
      "An attacker guesses a password, {} times in a window at the most. Then the "
      "attacker uses the edge of the window, two instances, and a forged address.",
      limit);
  story.picture(lab::Picture::curves, {"passed: fixed window", "passed: sliding window",
                                       "passed: token bucket"});
  const int fixed =
      passed_at_the_edge(Algorithm::fixed_window, limit, "passed: fixed window");
  const int sliding =
      passed_at_the_edge(Algorithm::sliding_window, limit, "passed: sliding window");
  const int bucket =
      passed_at_the_edge(Algorithm::token_bucket, limit, "passed: token bucket");

  const int more = 6 * limit;
  const int without = guess(more, {{.name = "shop"}}, 1).passed;
  const Sent one =
      guess(story.quick() ? 100 : 1000, {{.name = "shop", .limiter = own(limit)}}, 200);
  const int apart = guess(more,
                          {{.name = "shop A", .limiter = own(limit)},
                           {.name = "shop B", .limiter = own(limit)}},
                          1)
                        .passed;
  lab::RedisServer server;
  lab::Redis redis_a(server.url()), redis_b(server.url());
  const std::string key = "lab15:" + random_text();
  const auto shared = [&](lab::Redis& redis) {
    return make_shared_limiter(redis, key, {.requests = limit, .window = 1h});
  };
  const int together = guess(more,
                             {{.name = "shop A", .limiter = shared(redis_a)},
                              {.name = "shop B", .limiter = shared(redis_b)}},
                             1)
                           .passed;
  redis_a.command({"DEL", key + "127.0.0.1"});
  const int believed =
      guess(more, {{.name = "shop", .limiter = own(limit), .client = claimed_address}},
            more)
          .passed;

  const auto text = [](int number) { return std::to_string(number); };
  story.table({"Passed within 20 ms around a window's edge",
               {"limiter", "limit", "passed"},
               {{"fixed window", text(limit), text(fixed)},
                {"sliding window", text(limit), text(sliding)},
                {"token bucket", text(limit), text(bucket)}}});
  story.table({"Guesses that passed",
               {"how the limit is kept", "guesses", "passed"},
               {{"X-Forwarded-For ignored", text(one.count), text(one.passed)},
                {"X-Forwarded-For trusted", text(more), text(believed)},
                {"two instances, each its own", text(more), text(apart)},
                {"two instances, shared in Redis", text(more), text(together)}}});
  story.claim(
      "15.2",
      one.passed == limit && without == more && fixed == 2 * limit - 1 &&
          sliding <= limit && bucket <= limit && apart == 2 * limit &&
          together == limit && believed == more,
      "{} of {} guesses passed. Controls: {} of {} without a limit, {} at a fixed "
      "window's edge, {} with two stores, {} of {} by forged addresses",
      one.passed, one.count, without, more, fixed, apart, believed, more);
  story.nuance(
      "15.2",
      "Count failed logins by account as well as by address: an attacker has many "
      "addresses, but an account has one name.");
  story.takeaway(
      "A good limiter has one count for all processes, a sliding window, and an address "
      "that the client cannot forge.");
}

void flood(lab::Story& story, const Knobs& knobs) {
  const int limit = *knobs.limit, addresses = *knobs.addresses;
  story.say(
      "{} addresses send {} requests each, which is exactly the limit, and our proxy "
      "reports them. Then one address sends {}. The limit should stop only that one, and "
      "the process should still parse the requests that it refuses.",
      addresses, limit, 10 * limit);
  story.picture(lab::Picture::bars, {"What happened to the requests"});
  const auto shop = [&] {
    return ShopOptions{.name = "shop", .limiter = own(limit), .client = address_by_proxy};
  };
  const auto before = lab::cpu_time();
  const Sent many = guess(addresses * limit, {shop()}, addresses);
  const auto cpu = lab::cpu_time() - before;
  const Sent one = guess(10 * limit, {shop()}, 1);
  story.table(
      {"What happened to the requests",
       {"from", "sent", "refused", "parsed by the process"},
       {many.row(fmt::format("{} addresses", addresses)), one.row("one address")}});
  story.claim("15.3",
              many.passed == many.count && many.parsed == many.count &&
                  one.passed == limit && one.parsed == one.count,
              "{} of {} requests from {} addresses passed, and cost {} of CPU. Control: "
              "{} of {} from one address were refused, and all {} were parsed",
              many.passed, many.count, addresses, lab::text::time(cpu),
              one.count - one.passed, one.count, one.parsed);
  story.nuance(
      "15.3",
      "Stop a flood before it reaches Node: in the kernel, in the proxy, or in a "
      "network that is larger than the attack (CDN, scrubbing).");
  story.takeaway(
      "A rate limit protects accounts and treats clients fairly. It does not save the "
      "process the work of refusing.");
}

}  // namespace lab15
