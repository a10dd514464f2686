// limits.cpp: guessing a password, and a flood, against limiters that differ in what they count.
#include <array>
#include <list>

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
// one just after it. Returns how many of each burst passed, within 20 ms.
std::array<int, 2> passed_at_the_edge(Algorithm algorithm, int limit) {
  const auto limiter = make_limiter(algorithm, {.requests = limit, .window = kWindow});
  Clock::time_point now{1h};
  limiter("attacker", now);
  const auto burst = [&](Clock::duration later) {
    now += later;
    int passed = 0;
    for (int i = 0; i < limit; ++i) passed += limiter("attacker", now).allowed;
    return passed;
  };
  const int before = burst(kWindow - 10ms);
  return {before, burst(20ms)};
}

struct Sent {
  int count = 0, passed = 0, parsed = 0;

  std::vector<std::string> row(std::string name) const {
    return {std::move(name), std::to_string(count), std::to_string(count - passed),
            std::to_string(parsed)};
  }
};

// Whom a shop counts: whoever connected, or whom a header names.
using Address = std::string (*)(const Request&);
std::string peer(const Request& request) {
  return request.peer;
}
std::string claimed_address(const Request& request) {
  return find_header(request.headers, "x-forwarded-for");
}
std::string address_by_proxy(const Request& request) {
  return client_address(request, {"127.0.0.1"});
}

// Guesses at one shop for each limiter, in turn, and, as X-Forwarded-For says, from the next
// address.
Sent guess(int count, const std::vector<RateLimiter>& limiters, Address address,
           int addresses) {
  std::list<Shop> shops;
  std::vector<Caller> callers;
  for (const RateLimiter& limiter : limiters) {
    const char name = static_cast<char>('A' + shops.size());
    callers.emplace_back(
        "guesser",
        shops.emplace_back(ShopOptions{
            .name = std::string("shop ") + name, .limiter = limiter, .client = address}));
  }
  Sent sent{.count = count};
  for (int i = 0; i < count; ++i) {
    const int from = i % addresses;
    Caller& next = callers[static_cast<std::size_t>(i) % callers.size()];
    const Response got =
        next.send({.method = "POST",
                   .target = "/login",
                   .body = R"({"user":"admin","password":"a guess"})",
                   .headers = {{"Content-Type", "application/json"},
                               {"X-Forwarded-For",
                                fmt::format("10.0.{}.{}", from / 250, from % 250)}}},
                  false);
    sent.passed += got.status != 429;
  }
  for (const Shop& shop : shops) sent.parsed += shop.entered();
  return sent;
}

RateLimiter own(int limit) {
  return make_limiter(Algorithm::sliding_window, {.requests = limit, .window = 1h});
}

}  // namespace

void limits(lab::Story& story, const Knobs& knobs) {
  const int limit = *knobs.limit, more = 6 * limit;
  story.say(
      "An attacker guesses a password, {} times in a window at the most. Then the "
      "attacker uses the edge of the window, two instances, and a forged address.",
      limit);
  lab::Table table{"Guesses that passed",
                   {"how the limit is kept", "guesses", "at the edge", "passed"},
                   {}};
  story.picture(lab::Picture::bars, {table.title, "limit"});
  lab::trace::counter("limit", limit);
  const auto text = [](int number) { return std::to_string(number); };
  bool as_expected = true;
  const std::tuple<std::string, Algorithm, int> limiters[] = {
      {"fixed window", Algorithm::fixed_window, 2 * limit - 1},
      {"sliding window", Algorithm::sliding_window, limit},
      // It is refilled for 20 ms more.
      {"token bucket", Algorithm::token_bucket, limit + limit / 30}};
  for (const auto& [name, algorithm, expected] : limiters) {
    const auto [before, after] = passed_at_the_edge(algorithm, limit);
    as_expected = as_expected && before + after == expected;
    table.rows.push_back({name, text(2 * limit),
                          fmt::format("{} before, {} after", before, after),
                          text(before + after)});
  }

  lab::RedisServer server;
  lab::Redis redis_a(server.url()), redis_b(server.url());
  const std::string key = "lab15:" + random_text();
  const auto shared = [&](lab::Redis& redis) {
    return make_shared_limiter(redis, key, {.requests = limit, .window = 1h});
  };
  struct Way {
    const char* name;
    std::vector<RateLimiter> limiters;
    int guesses, expected;
    Address address = peer;
  };
  const int many = story.quick() ? 100 : 1000;
  const Way ways[] = {
      {"X-Forwarded-For ignored", {own(limit)}, many, limit},
      {"X-Forwarded-For trusted", {own(limit)}, more, more, claimed_address},
      {"two instances, each its own", {own(limit), own(limit)}, more, 2 * limit},
      {"two instances, shared in Redis",
       {shared(redis_a), shared(redis_b)},
       more,
       limit}};
  const int without = guess(more, {RateLimiter()}, peer, 1).passed;
  as_expected = as_expected && without == more;
  for (const Way& way : ways) {
    const int passed = guess(way.guesses, way.limiters, way.address, way.guesses).passed;
    as_expected = as_expected && passed == way.expected;
    table.rows.push_back({way.name, text(way.guesses), "", text(passed)});
  }
  redis_a.command({"DEL", key + "127.0.0.1"});
  story.table(table);
  const auto passed = [&](std::size_t row) { return table.rows[row].back(); };
  story.claim(
      "15.2", as_expected,
      "{} of {} guesses passed. Controls: no limit {}, a fixed window's edge {}, two "
      "stores {}, a forged address {} of {}",
      passed(3), many, without, passed(0), passed(5), passed(4), more);
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
  const auto before = lab::cpu_time();
  const Sent many = guess(addresses * limit, {own(limit)}, address_by_proxy, addresses);
  const auto cpu = lab::cpu_time() - before;
  const Sent one = guess(10 * limit, {own(limit)}, address_by_proxy, 1);
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
