// Everything that parses what a stranger sent, on random input with a seed: nothing crashes,
// and nothing that was not issued is accepted.
//
//   LAB_FUZZ_SECONDS=600 build/release/tests/lab15_unit --gtest_filter='Fuzz.*'
//
// A parser each: tokens, bodies with their shape, the header with the addresses, origins,
// queries. With a time, each gets that long.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "guards/cors.hpp"
#include "guards/rate_limiter.hpp"
#include "guards/tokens.hpp"
#include "guards/validation.hpp"
#include "world/users.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;

class Fuzz : public testing::Test {
 protected:
  // Calls until the time is over, or `times` times.
  template <class Call>
  void repeat(int times, Call call) {
    const char* seconds = std::getenv("LAB_FUZZ_SECONDS");
    const auto end =
        Clock::now() + std::chrono::seconds(seconds ? std::atoi(seconds) : 0);
    long count = 0;
    for (; count < times || Clock::now() < end; ++count) {
      call();
      if (HasFatalFailure()) break;
    }
    RecordProperty("inputs", std::to_string(count));
    if (seconds) printf("%ld inputs\n", count);
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

  // A text made of these pieces, with some bytes changed, dropped and repeated.
  std::string text(std::initializer_list<std::string_view> pieces, std::size_t most) {
    std::string made;
    for (std::size_t i = below(most + 1); i > 0; --i)
      made += pieces.begin()[below(pieces.size())];
    return mutated(std::move(made));
  }
  std::string mutated(std::string bytes) {
    for (std::size_t i = below(4); i > 0 && !bytes.empty(); --i) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random_());
          break;
        case 1:
          bytes.erase(at, 1 + below(8));
          break;
        case 2:
          bytes.insert(at, bytes.substr(at, 1 + below(16)));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      }
    }
    return bytes;
  }

  std::mt19937 random_{15};
};

TEST_F(Fuzz, NoTokenButTheIssuedIsAccepted) {
  const Key key = Key::hs256(std::string(32, 'k'));
  const UnixTime now{1'700'000'000s};
  const std::string issued = sign_token({{"sub", "ann"}, {"exp", 1'800'000'000}}, key);
  repeat(20'000, [&] {
    const std::string token =
        below(4) ? mutated(issued)
                 : text({"eyJhbGciOiJIUzI1NiJ9", ".", "e30", "{}", "=", "A"}, 9);
    const auto verified = verify_token(token, key, {}, now);
    ASSERT_EQ(std::holds_alternative<Json>(verified), token == issued) << token;
    const auto claims = read_token(token);
    ASSERT_TRUE(!claims || claims->is_object());
  });
}

TEST_F(Fuzz, ABodyIsRefusedOrHasItsShape) {
  const Shape shape =
      Shape::object({{"user", Shape::text(1, 8)},
                     {"n", Shape::integer(1, 9)},
                     {"list", Shape::list(Shape::boolean(), 3).optional()}});
  Api api([](const Exchange& exchange) {
    const Json& body = exchange.body;
    const bool sound = body.at("user").is_string() && body.at("n") >= 1 &&
                       body.at("n") <= 9 &&
                       body.size() == (body.contains("list") ? 3u : 2u);
    return Response{.status = sound ? 200 : 500};
  });
  api.use(json_body()).use(validate(shape));
  int passed = 0;
  repeat(20'000, [&] {
    std::string body = R"({"user":"ann","n":3,"list":[true]})";
    body =
        below(3)
            ? mutated(body)
            : text({"{", "}", "[", "]", "\"user\":", "\"n\":", "\"ann\"", "3", ",",
                    "null", "\"__proto__\":", "1e999", "\\ud800", "\xff", "{\"$ne\":1}"},
                   12);
    const Response response =
        api.handle({.method = "POST",
                    .body = body,
                    .headers = {{"Content-Type", "application/json"}}});
    ASSERT_TRUE(response.status == 200 || response.status == 400)
        << body << response.status;
    passed += response.status == 200;
  });
  EXPECT_GT(passed, 100);
}

TEST_F(Fuzz, AnAddressIsThePeersUnlessOurProxySaysSo) {
  const std::set<std::string> proxies = {"10.0.0.1"};
  repeat(20'000, [&] {
    Request request{
        .headers = {{"X-Forwarded-For",
                     text({"6.6.6.6", ",", " ", "10.0.0.1", ", ", "\t", "x"}, 9)}},
        .peer = "1.1.1.1"};
    ASSERT_EQ(client_address(request, proxies), "1.1.1.1");
    request.peer = "10.0.0.1";
    request.headers[0].second += ", 5.5.5.5";
    ASSERT_EQ(client_address(request, proxies), "5.5.5.5");
  });
}

TEST_F(Fuzz, NoOriginIsReflectedThatIsNotListed) {
  const std::string ours = "https://shop.example";
  const Guard guard = cors({.origins = {ours}, .credentials = true});
  repeat(20'000, [&] {
    const Request request{.method = below(2) ? "OPTIONS" : "GET",
                          .headers = {{"Origin", mutated(ours)}}};
    Exchange exchange{request};
    guard(exchange);
    const std::string allowed =
        find_header(exchange.headers, "access-control-allow-origin");
    ASSERT_EQ(allowed, request.headers[0].second == ours ? ours : "");
  });
}

// The matcher is libmongoc's, and the query a stranger's, as far as it was not checked.
TEST_F(Fuzz, AQueryMatchesOrNotAndNothingBreaks) {
  const Users users = {{{"user", "admin"}, {"password", "s3cret"}}};
  int matched = 0;
  repeat(5'000, [&] {
    const std::string text_of_password =
        text({"{", "}", "\"$ne\":", "\"$gt\":", "\"$in\":", "\"$not\":", "\"$exists\":",
              "\"$type\":", "\"$oid\":", "\"x\"", "[", "]", "1", "true", ",", "\"a\":"},
             7);
    const Json password = Json::parse(text_of_password, nullptr, false);
    if (password.is_discarded()) return;
    matched += !find_one(users, {{"user", "admin"}, {"password", password}}).is_null();
  });
  EXPECT_TRUE(find_one(users, {{"user", "admin"}, {"password", "x"}}).is_null());
}

}  // namespace
}  // namespace lab15
