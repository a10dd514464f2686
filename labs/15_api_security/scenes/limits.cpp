// limits.cpp: guessing a password, against limiters that differ in what they count.
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

namespace {

constexpr auto kWindow = 600ms;

// As bad as it gets: one request, then a burst just before the window's end, and another
// one just after it. Answers how many of both bursts passed, within 20 ms.
int passed_at_the_edge(Algorithm algorithm, int limit, const char* counter) {
  const auto limiter = make_limiter(algorithm, {.requests = limit, .window = kWindow});
  Clock::time_point now{1h};
  limiter->ask("attacker", now);
  int passed = 0;
  for (const auto wait : {kWindow - 10ms, 20ms}) {
    now += wait;
    for (int i = 0; i < limit; ++i) {
      passed += limiter->ask("attacker", now).allowed;
      trace::counter(counter, passed);
    }
  }
  return passed;
}

// How many of `guesses` the shops take between them, each guess at the next shop.
int accepted(std::vector<Caller>& at, int guesses, bool forges_its_address = false) {
  int passed = 0;
  for (int i = 0; i < guesses; ++i) {
    Request guess{.method = "POST",
                  .target = "/login",
                  .body = Json{{"user", "admin"}, {"password", std::to_string(i)}}.dump(),
                  .headers = {{"Content-Type", "application/json"}}};
    if (forges_its_address) {
      guess.headers.emplace_back("X-Forwarded-For",
                                 fmt::format("10.0.{}.{}", i / 250, i % 250));
    }
    passed += at[static_cast<std::size_t>(i) % at.size()]
                  .send(std::move(guess), false)
                  .status != 429;
  }
  return passed;
}

int accepted_by(const std::vector<ShopOptions>& options, int guesses,
                bool forges = false) {
  std::vector<std::unique_ptr<Shop>> shops;
  std::vector<Caller> callers;
  for (const ShopOptions& option : options) {
    shops.push_back(std::make_unique<Shop>(option));
    callers.emplace_back("guesser", *shops.back());
  }
  return accepted(callers, guesses, forges);
}

}  // namespace

void limits(lab::Story& story, const Knobs& knobs) {
  const int limit = *knobs.limit;
  const Limit per_hour{.requests = limit, .window = 1h};  // no run lasts that long
  story.say(
      "An attacker guesses a password again and again. The limit is {} guesses in a "
      "window. Then the attacker uses its weak points: the edge of the window, two "
      "instances, and a forged address.",
      limit);
  story.picture(lab::Picture::curves, {"passed: fixed window", "passed: sliding window",
                                       "passed: token bucket"});
  const int fixed =
      passed_at_the_edge(Algorithm::fixed_window, limit, "passed: fixed window");
  const int sliding =
      passed_at_the_edge(Algorithm::sliding_window, limit, "passed: sliding window");
  const int bucket =
      passed_at_the_edge(Algorithm::token_bucket, limit, "passed: token bucket");
  const auto text = [](int number) { return std::to_string(number); };
  story.table({"Passed within 20 ms around a window's edge",
               {"limiter", "limit", "passed"},
               {{"fixed window", text(limit), text(fixed)},
                {"sliding window", text(limit), text(sliding)},
                {"token bucket", text(limit), text(bucket)}}});

  const auto own = [&] {
    return std::shared_ptr(make_limiter(Algorithm::sliding_window, per_hour));
  };
  const int guesses = story.quick() ? 100 : 1000;
  const int more = 6 * limit;
  const int without = accepted_by({{.name = "shop"}}, more);
  const int one = accepted_by({{.name = "shop", .limiter = own()}}, guesses);
  const int apart = accepted_by(
      {{.name = "shop A", .limiter = own()}, {.name = "shop B", .limiter = own()}}, more);
  lab::RedisServer redis;
  lab::Redis link_a(redis.url()), link_b(redis.url());
  const std::string key = fmt::format("lab15:{}:", to_base64url(random_bytes(9)));
  const auto shared = [&](lab::Redis& link) {
    return std::shared_ptr(make_shared_limiter(link, key, per_hour));
  };
  const int together = accepted_by({{.name = "shop A", .limiter = shared(link_a)},
                                    {.name = "shop B", .limiter = shared(link_b)}},
                                   more);
  link_a.command({"DEL", key + "127.0.0.1"});
  const int believed = accepted_by(
      {{.name = "shop", .limiter = own(), .client = claimed_address}}, more, true);
  const int doubted = accepted_by(
      {{.name = "shop",
        .limiter = own(),
        .client = [](const Request& request) { return client_address(request, {}); }}},
      more, true);
  story.table({"Guesses that passed",
               {"how the limit is kept", "guesses", "passed"},
               {{"one instance", text(guesses), text(one)},
                {"two instances, each its own", text(more), text(apart)},
                {"two instances, shared in Redis", text(more), text(together)},
                {"X-Forwarded-For trusted", text(more), text(believed)},
                {"X-Forwarded-For ignored", text(more), text(doubted)}}});
  story.claim("15.2",
              one == limit && without == more && fixed == 2 * limit - 1 &&
                  sliding <= limit && bucket <= limit && apart == 2 * limit &&
                  together == limit && believed == more && doubted == limit,
              "{} of {} guesses passed. Control: without a limit all of them passed, {} "
              "passed within 20 ms at a fixed window's edge, {} on two instances without "
              "Redis ({} with it), and {} of {} with a forged address that was trusted",
              one, guesses, fixed, apart, together, believed, more);

  // What the limiter cannot help: the table of passwords is stolen and guessed at home.
  const auto cost = [&](auto guess, int times) {
    const auto begin = Clock::now();
    for (int i = 0; i < times; ++i) guess(std::to_string(i));
    return (Clock::now() - begin) / times;
  };
  const auto fast = cost([](const std::string& word) { return sha256(word); }, 10'000);
  const auto slow = cost(
      [&](const std::string& word) {
        return scrypt(word, "salt", {.log2_n = *knobs.cost});
      },
      2);
  story.table({"One guess at a stolen hash",
               {"hash", "time", "times SHA-256"},
               {{"SHA-256", lab::text::time(fast), "1"},
                {"scrypt", lab::text::time(slow),
                 lab::text::count(double(slow.count()) / double(fast.count()))}}});
  story.nuance(
      "15.2",
      "Count failed logins by account as well as by address. An attacker has many "
      "addresses, but an account has one name. And store passwords with scrypt or Argon2 "
      "and a salt, because a thief of the table can guess without calling the API.");
  story.takeaway(
      "A good limiter has one count for all processes, a sliding window, and an address "
      "that the client cannot forge.");
}

}  // namespace lab15
