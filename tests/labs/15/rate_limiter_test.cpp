// The limiters on an injected clock, and whom they count.
#include "guards/rate_limiter.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "lab/os/proc.hpp"
#include "support/sanitized.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class Limiters : public testing::Test {
 protected:
  void use(Algorithm algorithm, Limit limit = {.requests = 3, .window = 600ms}) {
    limiter_ = make_limiter(algorithm, limit);
  }
  Decision at(Clock::duration time, const std::string& client = "ann") {
    return limiter_(client, Clock::time_point(1h + time));
  }
  // How many of `count` requests at this time pass.
  int passed(Clock::duration time, int count) {
    int passed = 0;
    for (int i = 0; i < count; ++i) passed += at(time).allowed;
    return passed;
  }
  RateLimiter limiter_;
};

TEST_F(Limiters, EachPassesTheLimitAndNoMore) {
  for (const auto algorithm :
       {Algorithm::fixed_window, Algorithm::sliding_window, Algorithm::token_bucket}) {
    use(algorithm);
    EXPECT_EQ(passed(0ms, 4), 3);
    EXPECT_TRUE(at(0ms, "bob").allowed) << "each client has a count of its own";
  }
}

TEST_F(Limiters, AFixedWindowBeginsWithTheFirstRequestAndForgetsAllAtItsEnd) {
  use(Algorithm::fixed_window);
  EXPECT_EQ(passed(0ms, 1), 1);
  EXPECT_EQ(passed(590ms, 5), 2);
  EXPECT_EQ(at(590ms).retry_after, 10ms);
  EXPECT_FALSE(at(600ms - 1ns).allowed);
  EXPECT_EQ(passed(600ms, 5), 3);
  EXPECT_EQ(passed(1200ms - 1ns, 5), 0);
  EXPECT_EQ(passed(1200ms, 5), 3);
}

TEST_F(Limiters, AFixedWindowEndsOnTimeAlsoBetweenTwoSweeps) {
  use(Algorithm::fixed_window);
  EXPECT_TRUE(at(0ms, "bob").allowed);  // sweeps now, and then every 600 ms
  EXPECT_EQ(passed(100ms, 5), 3);
  EXPECT_FALSE(at(700ms - 1ns).allowed);
  EXPECT_TRUE(at(700ms).allowed);
}

TEST_F(Limiters, ASlidingWindowForgetsEachRequestAWindowLater) {
  use(Algorithm::sliding_window);
  EXPECT_EQ(passed(0ms, 1), 1);
  EXPECT_EQ(passed(590ms, 5), 2);
  EXPECT_EQ(at(599ms).retry_after, 1ms);
  EXPECT_EQ(passed(600ms - 1ns, 5), 0);
  EXPECT_EQ(passed(600ms, 5), 1);
  EXPECT_EQ(at(600ms).retry_after, 590ms);
  EXPECT_EQ(passed(1190ms - 1ns, 5), 0);
  EXPECT_EQ(passed(1190ms, 5), 2);
}

TEST_F(Limiters, ATokenComesBackEveryShareOfTheWindow) {
  use(Algorithm::token_bucket);
  EXPECT_EQ(passed(0ms, 5), 3);
  EXPECT_EQ(at(0ms).retry_after, 200ms);
  EXPECT_EQ(passed(199ms, 5), 0);
  EXPECT_LE(at(199ms).retry_after, 1ms + 1us);
  EXPECT_GE(at(199ms).retry_after, 1ms - 1us);
  EXPECT_EQ(passed(201ms, 5), 1);
  EXPECT_EQ(passed(10s, 5), 3) << "the bucket does not overflow";
  EXPECT_EQ(passed(10s + 401ms, 5), 2);
}

TEST_F(Limiters, WhoWaitsAsLongAsHeIsToldGetsIn) {
  for (const auto algorithm :
       {Algorithm::fixed_window, Algorithm::sliding_window, Algorithm::token_bucket}) {
    use(algorithm, {.requests = 7, .window = 1s});
    std::mt19937 random(15);
    auto now = Clock::duration(0);
    int refused = 0;
    for (int i = 0; i < 2'000; ++i) {
      now += std::chrono::milliseconds(random() % 150);
      const Decision decision = at(now);
      if (decision.allowed) continue;
      ++refused;
      EXPECT_GT(decision.retry_after, 0ns);
      EXPECT_FALSE(at(now + decision.retry_after / 2).allowed);
      now += decision.retry_after;
      EXPECT_TRUE(at(now).allowed) << i;
    }
    EXPECT_GT(refused, 50);
  }
}

// What each promises about any window of a random history.
TEST_F(Limiters, NoWindowHasMoreThanEachAllows) {
  for (const auto& [algorithm, most] :
       {std::pair{Algorithm::fixed_window, 10}, std::pair{Algorithm::sliding_window, 5},
        std::pair{Algorithm::token_bucket, 10}}) {
    use(algorithm, {.requests = 5, .window = 1s});
    std::mt19937 random(7);
    std::vector<Clock::duration> accepted;
    auto now = Clock::duration(0);
    std::size_t worst = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += std::chrono::milliseconds(random() % (random() % 20 ? 60 : 1'500));
      if (at(now).allowed) accepted.push_back(now);
      const auto in_window = static_cast<std::size_t>(std::ranges::count_if(
          accepted.end() - std::min<std::ptrdiff_t>(12, std::ssize(accepted)),
          accepted.end(), [&](auto time) { return now - time < 1s; }));
      worst = std::max(worst, in_window);
    }
    EXPECT_LE(worst, static_cast<std::size_t>(most));
    EXPECT_GT(worst, 4u);
  }
}

TEST_F(Limiters, ClientsThatStayAwayAreForgotten) {
  if (lab::test::kAddressSanitizer) GTEST_SKIP() << "what is freed stays resident there";
  for (const auto algorithm :
       {Algorithm::fixed_window, Algorithm::sliding_window, Algorithm::token_bucket}) {
    use(algorithm);
    EXPECT_EQ(passed(0ms, 3), 3);
    const auto crowd = [&](Clock::duration time) {
      for (int i = 0; i < 20'000; ++i) at(time, std::to_string(time.count() + i));
    };
    crowd(1ms);
    EXPECT_FALSE(at(1ms).allowed) << "a sweep leaves those who still count";
    for (int round = 1; round <= 5; ++round) crowd(round * 2s);
    const std::size_t before = lab::resident_bytes();
    for (int round = 6; round <= 40; ++round) crowd(round * 2s);
    EXPECT_LT(lab::resident_bytes(), before + (20u << 20));
  }
}

TEST(LimiterSettings, ThatAreImpossibleAreRefused) {
  for (const auto algorithm :
       {Algorithm::fixed_window, Algorithm::sliding_window, Algorithm::token_bucket}) {
    EXPECT_THROW(make_limiter(algorithm, {.requests = 0}), std::invalid_argument);
    EXPECT_THROW(make_limiter(algorithm, {.window = 0s}), std::invalid_argument);
    EXPECT_NO_THROW(make_limiter(algorithm, {.requests = 1, .window = 1ns}));
  }
  EXPECT_THROW(make_limiter(Algorithm{7}, {}), std::invalid_argument);
}

Request from(const std::string& peer, const std::string& forwarded = {}) {
  Request request{.peer = peer};
  if (!forwarded.empty()) request.headers = {{"X-Forwarded-For", forwarded}};
  return request;
}

TEST(ClientAddress, IsWhoeverConnectedIfThatIsNoProxyOfOurs) {
  EXPECT_EQ(client_address(from("1.1.1.1"), {}), "1.1.1.1");
  EXPECT_EQ(client_address(from("1.1.1.1", "6.6.6.6"), {}), "1.1.1.1");
  EXPECT_EQ(client_address(from("1.1.1.1", "6.6.6.6"), {"2.2.2.2"}), "1.1.1.1");
}

TEST(ClientAddress, IsTheLastThatOurProxiesSaw) {
  const std::set<std::string> ours = {"10.0.0.1", "10.0.0.2"};
  EXPECT_EQ(client_address(from("10.0.0.1", "6.6.6.6, 5.5.5.5"), ours), "5.5.5.5");
  EXPECT_EQ(client_address(from("10.0.0.1", "6.6.6.6,5.5.5.5 , 10.0.0.2"), ours),
            "5.5.5.5");
  EXPECT_EQ(client_address(from("10.0.0.1", "10.0.0.2"), ours), "10.0.0.2");
  EXPECT_EQ(client_address(from("10.0.0.1"), ours), "10.0.0.1");
  EXPECT_EQ(client_address(from("10.0.0.1", "5.5.5.5,"), ours), "");
}

// HAProxy's `option forwardfor` adds a line; nginx makes the client's own line longer.
TEST(ClientAddress, IsTheSameWhetherAProxyAddsALineOrExtendsTheOneThatCame) {
  const std::set<std::string> ours = {"10.0.0.1", "10.0.0.2"};
  Request request = from("10.0.0.1", "6.6.6.6");
  request.headers.emplace_back("Host", "shop");
  request.headers.emplace_back("x-forwarded-for", "5.5.5.5");
  EXPECT_EQ(client_address(request, ours), "5.5.5.5");
  request.headers.emplace_back("X-FORWARDED-FOR", "10.0.0.2");
  EXPECT_EQ(client_address(request, ours), "5.5.5.5");
  EXPECT_EQ(client_address(request, {"10.0.0.1"}), "10.0.0.2");
  request.headers[0].second = "";  // a client that sends an empty line of its own
  EXPECT_EQ(client_address(request, ours), "5.5.5.5");
}

TEST(RateLimitGuard, Replies429AndWhenToComeBack) {
  Clock::time_point now(1h);
  const Guard guard = rate_limit(
      make_limiter(Algorithm::fixed_window, {.requests = 1, .window = 1500ms}),
      [](const Request& request) { return request.peer; }, [&] { return now; });
  const auto ask = [&](const std::string& peer) {
    const Request request{.peer = peer};
    Exchange exchange{request};
    return guard(exchange);
  };
  EXPECT_FALSE(ask("a"));
  const auto refused = ask("a");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(find_header(refused->headers, "Retry-After"), "2")
      << "rounded up: else it comes too early";
  EXPECT_FALSE(ask("b"));
  now += 1500ms;
  EXPECT_FALSE(ask("a"));
}

}  // namespace
}  // namespace lab15
