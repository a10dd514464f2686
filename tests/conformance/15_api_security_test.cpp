// Our guards beside the npm packages that a Node program would use, on random cases, and
// the lab beside its twin.
#include <gmock/gmock.h>

#include <cctype>
#include <random>
#include <set>

#include "guards/cors.hpp"
#include "guards/rate_limiter.hpp"
#include "guards/security_headers.hpp"
#include "guards/tokens.hpp"
#include "guards/validation.hpp"
#include "support/played.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

class BesidePackages : public lab::test::BesideNode {
 protected:
  BesidePackages() : BesideNode("helmet") {}

  static Json answers(const char* name, const Json& cases) {
    return Json::parse(
        lab::test::answer_of_node("15_guards.mjs", Json{{name, cases}}.dump()))[name];
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }
  template <class Values>
  auto one_of(const Values& values) {
    return values[below(std::size(values))];
  }
  std::mt19937 random_{1515};
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

TEST_F(BesidePackages, TheTwelveHeadersAreHelmets) {
  Json ours = Json::object();
  for (const auto& [name, value] : kSecurityHeaders) ours[lower(name)] = value;
  EXPECT_EQ(ours, answers("helmet", nullptr));
}

// jose takes base64url with blanks or padding, which RFC 7515 forbids; we do not. In all else
// the two agree on 5,000 tokens, most of them signed and wrong in some claim or header.
TEST_F(BesidePackages, WeAcceptTheTokensThatJoseAccepts) {
  const std::string secret(32, 'k');
  const Key key = Key::hs256(secret);
  const UnixTime now{1'700'000'000s};
  const Expected expected{.issuer = "shop", .audience = "orders"};
  const Json times[] = {1'699'999'999, 1'700'000'000, 1'700'000'001, 1'700'000'000.5,
                        nullptr,       "1700000001",  1e300,         -1};
  const Json issuers[] = {"shop", "shop", "shop", "evil", nullptr, Json::array({"shop"})};
  const Json audiences[] = {
      "orders",      "orders", "orders", "other", Json::array({"a", "orders"}),
      Json::array(), 7,        nullptr};
  const std::string headers[] = {R"({"alg":"HS256"})",
                                 R"({"alg":"HS256"})",
                                 R"({"alg":"HS256","typ":"JWT"})",
                                 R"({"alg":"none"})",
                                 R"({"alg":"HS512"})",
                                 R"({"typ":"JWT"})",
                                 R"({"alg":"HS256","crit":["x"]})",
                                 R"({"alg":"RS256"})",
                                 R"([])",
                                 R"({"alg":7})"};
  std::vector<std::string> tokens;
  while (tokens.size() < 5'000) {
    Json claims{{"sub", "ann"}};
    for (const char* name : {"exp", "nbf", "iat"})
      if (below(3) == 0) claims[name] = one_of(times);
    if (below(9)) claims["iss"] = one_of(issuers);
    if (below(9)) claims["aud"] = one_of(audiences);
    const std::string part = to_base64url(one_of(headers)) + "." +
                             to_base64url(below(40) ? claims.dump() : "[1]");
    std::string token = part + "." + to_base64url(hmac_sha256(secret, part));
    if (below(8) == 0) token[below(token.size())] = "Ab1._-"[below(6)];
    if (below(20) == 0) token.erase(below(token.size()), 1);
    tokens.push_back(std::move(token));
  }
  const Json theirs = answers("tokens", {{"key", secret},
                                         {"now", now.time_since_epoch().count()},
                                         {"issuer", expected.issuer},
                                         {"audience", expected.audience},
                                         {"tokens", tokens}});
  int accepted = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto ours = verify_token(tokens[i], key, expected, now);
    const Json* claims = std::get_if<Json>(&ours);
    ASSERT_EQ(claims != nullptr, !theirs[i].is_null())
        << tokens[i] << " " << read_token(tokens[i]).value_or(Json()).dump() << " "
        << (claims ? "accepted" : "refused");
    if (!claims) continue;
    ASSERT_EQ(claims->at("sub"), theirs[i]["sub"]);
    ++accepted;
  }
  EXPECT_GT(accepted, 100);
}

TEST_F(BesidePackages, CorsSendsWhatThePackageSends) {
  const CorsPolicy policy{.origins = {"https://a.example", "http://localhost:80"},
                          .methods = "GET,POST",
                          .headers = "content-type",
                          .credentials = true,
                          .max_age = 9};
  const Json origins[] = {"https://a.example",
                          "http://localhost:80",
                          "http://a.example",
                          "https://a.example.evil.example",
                          "null",
                          "https://b.example",
                          "HTTPS://A.EXAMPLE"};
  const char* const methods[] = {"GET", "POST", "OPTIONS", "PUT"};
  Json requests = Json::array();
  for (int i = 0; i < 200; ++i) {
    requests.push_back({{"method", one_of(methods)}, {"origin", one_of(origins)}});
  }
  const Json theirs = answers("cors", {{"policy",
                                        {{"origin", policy.origins},
                                         {"methods", policy.methods},
                                         {"allowedHeaders", policy.headers},
                                         {"credentials", true},
                                         {"maxAge", 9}}},
                                       {"requests", requests}});
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request request{.method = requests[i]["method"],
                          .headers = {{"Origin", requests[i]["origin"]}}};
    Exchange exchange{request};
    const auto blocked = cors(policy)(exchange);
    EXPECT_EQ(blocked ? blocked->status : 0, theirs[i]["status"]);
    Json ours = Json::object();
    for (const auto& [name, value] : exchange.headers) ours[lower(name)] = value;
    Json sent = theirs[i]["headers"];
    sent.erase("content-length");
    // To an origin that is not listed the package still names methods and the like, which
    // no browser reads without the origin. We say nothing.
    if (!sent.contains("access-control-allow-origin")) sent = {{"vary", "Origin"}};
    EXPECT_EQ(ours, sent) << requests[i];
  }
}

TEST_F(BesidePackages, TheClientsAddressIsWhatExpressFinds) {
  const std::vector<std::string> addresses = {"1.1.1.1", "10.0.0.1", "10.0.0.2",
                                              "6.6.6.6"};
  const std::set<std::string> proxies = {"10.0.0.1", "10.0.0.2"};
  const std::string joints[] = {",", ", ", " ,", "  ,  "};
  Json requests = Json::array();
  for (int i = 0; i < 2'000; ++i) {
    std::string list = one_of(addresses);
    for (std::size_t more = below(4); more > 0; --more)
      list += one_of(joints) + one_of(addresses);
    requests.push_back({{"peer", one_of(addresses)}, {"forwarded", list}});
  }
  const Json theirs =
      answers("addresses", {{"proxies", proxies}, {"requests", requests}});
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request request{.headers = {{"X-Forwarded-For", requests[i]["forwarded"]}},
                          .peer = requests[i]["peer"]};
    EXPECT_EQ(client_address(request, proxies), theirs[i].get<std::string>())
        << requests[i];
  }
}

TEST_F(BesidePackages, AFixedWindowIsExpressRateLimits) {
  const Limit limit{.requests = 4, .window = 1s};
  const char* const clients[] = {"a", "a", "b", "c"};
  const std::size_t waits[] = {0, 0, 1, 50, 50, 200, 500, 999, 1000, 1001, 2500};
  Json histories = Json::array();
  for (int i = 0; i < 60; ++i) {
    Json history = Json::array();
    for (int k = 0; k < 60; ++k)
      history.push_back(
          {{"client", one_of(clients)}, {"wait", below(3) ? 0 : one_of(waits)}});
    histories.push_back(history);
  }
  const Json theirs = answers(
      "limits", {{"limit", limit.requests}, {"window", 1000}, {"histories", histories}});
  for (std::size_t i = 0; i < histories.size(); ++i) {
    const auto limiter = make_limiter(Algorithm::fixed_window, limit);
    Clock::time_point now(1h);
    std::vector<bool> passed;
    for (const Json& step : histories[i]) {
      now += std::chrono::milliseconds(step["wait"].get<int>());
      passed.push_back(limiter(step["client"], now).allowed);
    }
    ASSERT_EQ(Json(passed), theirs[i]) << histories[i];
  }
}

TEST_F(BesidePackages, AShapeRefusesWhatZodAndJoiRefuse) {
  const Shape shape = Shape::object(
      {{"name", Shape::text(1, 5)},
       {"note", Shape::text(0, 3).optional()},
       {"agrees", Shape::boolean()},
       {"items", Shape::list(Shape::object({{"id", Shape::integer(1, 9)}}), 3)}});
  const Json odd[] = {nullptr,
                      true,
                      7,
                      1.5,
                      "x",
                      "",
                      "abcdef",
                      Json::array(),
                      Json::object(),
                      Json{{"$ne", "x"}},
                      "ein Text",
                      "€€€",

                      9'007'199'254'740'993,
                      -1};
  const Json ids[] = {1, 9, 5, 3.0, 0, 10, "3", nullptr, 2.5};
  Json values = Json::array();
  while (values.size() < 10'000) {
    Json value{{"name", "ann"}, {"agrees", true}, {"items", Json::array()}};
    for (std::size_t i = below(5); i > 0; --i) {
      Json item{{"id", below(3) ? Json(4) : one_of(ids)}};
      if (below(15) == 0) item["price"] = 0;
      if (below(15) == 0) item = one_of(odd);
      value["items"].push_back(item);
    }
    if (below(2)) value["note"] = "abc";
    for (const char* name : {"name", "note", "agrees", "items", "admin"}) {
      if (below(7) == 0) value[name] = one_of(odd);
      if (below(15) == 0) value.erase(name);
    }
    if (below(60) == 0) value = one_of(odd);
    values.push_back(value);
  }
  const Json theirs = answers("shapes", values);
  int refused = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Json value = values[i];
    std::set<std::string> ours;
    for (const Problem& problem : shape.check(value)) ours.insert(problem.path);
    ASSERT_EQ(ours.empty(), theirs[i]["zod"].empty()) << values[i] << theirs[i];
    ASSERT_EQ(ours.empty(), theirs[i]["joi"].empty()) << values[i] << theirs[i];
    refused += !ours.empty();
    // Of a list that is too long we look at no item: a stranger chose its length.
    if (ours.contains("items") && values[i]["items"].is_array()) continue;
    ASSERT_EQ(Json(ours), theirs[i]["zod"]) << values[i];
    ASSERT_EQ(Json(ours), theirs[i]["joi"]) << values[i];
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 9'900);
}

// Zod 4.6 counts characters; Joi and we count as "…".length does, in UTF-16 units.
TEST_F(BesidePackages, OnlyZodCountsAnEmojiAsOne) {
  Json value{
      {"name", "ann"}, {"note", "😀😀😀"}, {"agrees", true}, {"items", Json::array()}};
  const Json theirs = answers("shapes", Json::array({value}))[0];
  EXPECT_TRUE(theirs["zod"].empty());
  EXPECT_EQ(theirs["joi"], Json::array({"note"}));
  EXPECT_EQ(Shape::text(0, 3).check(value["note"]).size(), 1u);
  EXPECT_TRUE(Shape::text(0, 6).check(value["note"]).empty());
}

TEST_F(BesidePackages, TheLabSaysWhatNodeDoes) {
  const lab::test::Played played = lab::test::play("15_api_security", {"--quick"});
  ASSERT_EQ(played.exit.code, 0) << played.exit.err;
  const lab::test::Rows ours = played.rows();
  const lab::test::Rows node = lab::test::twin("15_api_security", {.deadline = 60s});
  EXPECT_EQ(node.at("headers that helmet adds"), "12");
  EXPECT_EQ(node.at("x-powered-by with helmet"), "no");
  for (const char* row : {"two instances, each its own", "X-Forwarded-For ignored"}) {
    EXPECT_THAT(ours.at(row), testing::EndsWith(" > " + node.at(row))) << row;
  }
  EXPECT_EQ(node.at("X-Forwarded-For trusted"), "20 of 20");
  EXPECT_EQ(ours.at("X-Forwarded-For trusted"), "30 >  > 30");
  EXPECT_EQ(node.at("flood from 60 addresses"), "300 of 300");
  EXPECT_EQ(ours.at("60 addresses"), "300 > 0 > 300");
  EXPECT_EQ(node.at("from one address"), "5");
  EXPECT_EQ(node.at("parsed of those 50"), "50");
  for (const char* row :
       {"as it was issued", "the user is changed", "alg none", "after it has expired"}) {
    EXPECT_THAT(ours.at(row), testing::StartsWith(node.at(row) + " > ")) << row;
  }
  EXPECT_EQ(ours.at("our page, text"), "no > " + node.at("our page, text"));
  EXPECT_EQ(ours.at("evil page, text"), "no > " + node.at("evil page, text"));
  EXPECT_EQ(node.at("operator in a query string"), "no") << "Express 5's parser is flat";
  EXPECT_EQ(node.at("operator in a JSON body"), "yes");
  EXPECT_EQ(node.at("Joi takes \"30\""), "yes");
  EXPECT_EQ(node.at("Zod takes \"30\""), "no");
  EXPECT_EQ(node.at("Zod and an unknown key"), R"({"item":"tea","quantity":30})");
}

}  // namespace
}  // namespace lab15
