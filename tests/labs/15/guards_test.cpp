// The chain of guards, the body, the headers, and what a foreign page is told.
#include <gmock/gmock.h>

#include "api_security.hpp"
#include "guards/cors.hpp"
#include "guards/security_headers.hpp"

namespace lab15 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Guard blocking(int status) {
  return [status](Exchange&) { return refusal(status, "no"); };
}

TEST(Api, AsksGuardsInOrderAndThenTheHandler) {
  std::vector<std::string> order;
  const auto note = [&](const char* name) {
    return [&order, name](Exchange&) -> std::optional<Response> {
      order.emplace_back(name);
      return {};
    };
  };
  Api api([&](const Exchange&) {
    order.emplace_back("handler");
    return Response{.status = 201};
  });
  api.use(note("a")).use(note("b"));
  EXPECT_EQ(api.handle({}).status, 201);
  EXPECT_THAT(order, ElementsAre("a", "b", "handler"));
}

TEST(Api, ABlockEndsItAndTheHandlerDoesNotRun) {
  int handled = 0, asked = 0;
  Api api([&](const Exchange&) { return Response{.status = 200 + ++handled}; });
  api.use(blocking(418)).use([&](Exchange&) -> std::optional<Response> {
    ++asked;
    return {};
  });
  EXPECT_EQ(api.handle({}).status, 418);
  EXPECT_EQ(handled + asked, 0);
}

TEST(Api, HeadersOfGuardsGoOutWithARefusalToo) {
  Api api([](const Exchange&) { return Response{.headers = {{"X-Own", "1"}}}; });
  api.use([](Exchange& exchange) -> std::optional<Response> {
    exchange.headers.emplace_back("X-Guard", "2");
    return {};
  });
  EXPECT_THAT(api.handle({}).headers,
              ElementsAre(std::pair("X-Own", "1"), std::pair("X-Guard", "2")));
  api.use(blocking(400));
  EXPECT_THAT(api.handle({}).headers, ElementsAre(std::pair("X-Guard", "2")));
}

TEST(Api, ARefusalIsJson) {
  const Response response = refusal(403, "say \"please\"");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(Json::parse(response.body)["error"], "say \"please\"");
}

class JsonBody : public testing::Test {
 protected:
  // The status of the block, or 0.
  int blocked(const std::string& type, const std::string& body) {
    const Request request{
        .method = "POST", .body = body, .headers = {{"Content-Type", type}}};
    Exchange exchange{request};
    const auto response = guard_(exchange);
    body_ = exchange.body;
    if (response) why_ = response->body;
    return response ? response->status : 0;
  }
  const Guard guard_ = json_body();
  Json body_;
  std::string why_;
};

TEST_F(JsonBody, IsParsedWhenItIsSentAsJson) {
  EXPECT_EQ(blocked("application/json", R"({"a":[1]})"), 0);
  EXPECT_EQ(body_, (Json{{"a", {1}}}));
  EXPECT_EQ(blocked("application/json; charset=utf-8", "7"), 0);
  EXPECT_EQ(body_, 7);
  EXPECT_EQ(blocked("", ""), 0) << "nothing was sent";
}

TEST_F(JsonBody, IsRefusedUnderAnotherType) {
  for (const char* type : {"text/plain", "", "application/jsonx", "Application",
                           "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(blocked(type, "{}"), 415) << type;
  }
}

TEST_F(JsonBody, IsRefusedIfItIsNone) {
  for (const char* body : {"{", "{\"a\":}", "\xff", "\"\xc3\"", "[1,]", "nul", " "}) {
    EXPECT_EQ(blocked("application/json", body), 400) << body;
  }
}

TEST_F(JsonBody, IsRefusedIfItIsNestedTooDeeply) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(blocked("application/json", nested(32)), 0);
  EXPECT_EQ(blocked("application/json", nested(33)), 0)
      << "the innermost has nothing in it";
  EXPECT_EQ(blocked("application/json", nested(34)), 400);
  EXPECT_THAT(why_, HasSubstr("deep"));
  EXPECT_EQ(blocked("application/json", std::string(1'000'000, '[')), 400);
}

TEST(SecurityHeaders, AddTwelveAndBlockNobody) {
  Exchange exchange{Request{}};
  EXPECT_FALSE(security_headers()(exchange));
  EXPECT_EQ(exchange.headers, kSecurityHeaders);
  EXPECT_EQ(kSecurityHeaders.size(), 12u);
}

class Cors : public testing::Test {
 protected:
  std::optional<Response> ask(const Guard& guard, const std::string& method,
                              const std::string& origin) {
    request_ = {.method = method};
    if (!origin.empty()) request_.headers = {{"Origin", origin}};
    Exchange exchange{request_};
    auto response = guard(exchange);
    sent_ = exchange.headers;
    return response;
  }
  std::string sent(const char* name) const { return find_header(sent_, name); }

  Request request_;
  Headers sent_;
  const CorsPolicy policy_{.origins = {"https://a.example", "http://a.example:81"}};
};

TEST_F(Cors, AListedOriginMayRead) {
  EXPECT_FALSE(ask(cors(policy_), "POST", "https://a.example"));
  EXPECT_EQ(sent("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(sent("Access-Control-Allow-Credentials"), "");
  EXPECT_EQ(sent("Access-Control-Allow-Methods"), "") << "only a preflight asks for that";
  EXPECT_EQ(sent("Vary"), "Origin");
}

TEST_F(Cors, OriginsAreComparedWhole) {
  for (const char* origin :
       {"http://a.example", "https://a.example:443", "https://a.example.evil.example",
        "null", "https://A.example", "https://a.exampl", ""}) {
    EXPECT_FALSE(ask(cors(policy_), "GET", origin));
    EXPECT_EQ(sent("Access-Control-Allow-Origin"), "") << origin;
    EXPECT_EQ(sent("Vary"), "Origin") << origin;
  }
}

TEST_F(Cors, APreflightIsAnsweredAndGoesNoFurther) {
  const auto response = ask(cors(policy_), "OPTIONS", "https://a.example");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  EXPECT_EQ(sent("Access-Control-Allow-Methods"), "GET,POST");
  EXPECT_EQ(sent("Access-Control-Allow-Headers"), "content-type,authorization");
  EXPECT_EQ(sent("Access-Control-Max-Age"), "600");
  const auto evil = ask(cors(policy_), "OPTIONS", "https://evil.example");
  ASSERT_TRUE(evil);
  EXPECT_EQ(sent("Access-Control-Allow-Methods"), "");
}

TEST_F(Cors, CredentialsAreForListedOriginsOnly) {
  CorsPolicy policy = policy_;
  policy.credentials = true;
  ask(cors(policy), "GET", "https://a.example");
  EXPECT_EQ(sent("Access-Control-Allow-Credentials"), "true");
  ask(cors(policy), "GET", "https://evil.example");
  EXPECT_EQ(sent("Access-Control-Allow-Credentials"), "");
}

TEST_F(Cors, ButDoesNotStopARequest) {
  EXPECT_FALSE(ask(cors(policy_), "POST", "https://evil.example"));
  const Guard guard = same_site_only(policy_.origins);
  const auto response = ask(guard, "POST", "https://evil.example");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 403);
  EXPECT_TRUE(ask(guard, "GET", "null"));
  EXPECT_FALSE(ask(guard, "POST", "https://a.example"));
  EXPECT_FALSE(ask(guard, "POST", "")) << "no page of a browser's";
}

}  // namespace
}  // namespace lab15
