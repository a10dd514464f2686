// Tokens and the code flow, with the vectors of their RFCs.
#include "guards/tokens.hpp"

#include <gmock/gmock.h>

#include "guards/oauth.hpp"
#include "lab/core/error.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;

const Key kKey = Key::hs256(std::string(32, 'k'));
constexpr UnixTime kNow{1'700'000'000s};

Refused why(const std::variant<Json, Refused>& verified) {
  return std::get<Refused>(verified);
}
std::variant<Json, Refused> verify(const Json& claims, const Expected& expected = {}) {
  return verify_token(sign_token(claims, kKey), kKey, expected, kNow);
}
bool accepted(const Json& claims, const Expected& expected = {}) {
  return std::holds_alternative<Json>(verify(claims, expected));
}
std::string with_header(const std::string& header, const Json& claims, const Key& key) {
  const std::string part = to_base64url(header) + "." + to_base64url(claims.dump());
  return part + "." + to_base64url(key.sign(part));
}

// RFC 4648, 10.
TEST(Base64Url, HasTheVectorsOfItsRfc) {
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg"},
                                    {"fo", "Zm8"},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg"},
                                    {"fooba", "Zm9vYmE"},
                                    {"foobar", "Zm9vYmFy"},
                                    {"\xfb\xff\xbf", "-_-_"}}) {
    EXPECT_EQ(to_base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
}

TEST(Base64Url, RefusesWhatIsNotTheOneTextOfSomeBytes) {
  for (const char* text :
       {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm8 ", "Zm\n8", "Zm9vY", "+/+/", "Zg.", "é"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(ConstantTime, ComparesTheWhole) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("xbc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
}

TEST(Random, IsNotTheSameTwice) {
  EXPECT_EQ(from_base64url(random_text())->size(), 24u);
  EXPECT_NE(random_text(), random_text());
}

// RFC 7515, A.1: a token that others have made, with blanks and line ends in its JSON.
TEST(Tokens, TheTokenOfTheRfcIsVerified) {
  const Key key = Key::hs256(*from_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuT"
      "wjAzZr1Z9CAow"));
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb"
      "290Ij"
      "p0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const UnixTime end{1'300'819'380s};
  const auto verified = verify_token(token, key, {.issuer = "joe"}, end - 1s);
  ASSERT_TRUE(std::holds_alternative<Json>(verified));
  EXPECT_EQ(std::get<Json>(verified)["http://example.com/is_root"], true);
  EXPECT_EQ(why(verify_token(token, key, {.issuer = "joe"}, end)), Refused::expired);
  EXPECT_EQ(why(verify_token(token, kKey, {}, end - 1s)), Refused::signature);
}

TEST(Tokens, WhatWasSignedIsVerifiedByBothAlgorithms) {
  const Json claims{{"sub", "ann"}, {"n", 7}};
  const Key rsa = Key::generate_rs256(), other = Key::generate_rs256();
  EXPECT_EQ(std::get<Json>(verify(claims)), claims);
  const std::string token = sign_token(claims, rsa);
  EXPECT_EQ(std::get<Json>(verify_token(token, rsa, {}, kNow)), claims);
  EXPECT_EQ(why(verify_token(token, other, {}, kNow)), Refused::signature);
  EXPECT_EQ(why(verify_token(token, kKey, {}, kNow)), Refused::algorithm);
  EXPECT_EQ(rsa.algorithm(), "RS256");
  EXPECT_EQ(kKey.algorithm(), "HS256");
}

TEST(Tokens, EachCharacterCounts) {
  const std::string token = sign_token({{"sub", "ann"}}, kKey);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(std::holds_alternative<Json>(verify_token(changed, kKey, {}, kNow)))
        << i;
  }
}

TEST(Tokens, TheHeaderDoesNotChooseTheAlgorithm) {
  const Json claims{{"sub", "admin"}};
  const std::string none =
      to_base64url(R"({"alg":"none"})") + "." + to_base64url(claims.dump()) + ".";
  EXPECT_EQ(why(verify_token(none, kKey, {}, kNow)), Refused::algorithm);
  const Key rsa = Key::generate_rs256();
  const std::string confused = sign_token(claims, Key::hs256(rsa.public_pem()));
  EXPECT_EQ(why(verify_token(confused, rsa, {}, kNow)), Refused::algorithm);
  for (const char* header : {R"({})", R"({"alg":null})", R"({"alg":["HS256"]})",
                             R"({"alg":"hs256"})", R"({"alg":""})"}) {
    EXPECT_EQ(why(verify_token(with_header(header, claims, kKey), kKey, {}, kNow)),
              Refused::algorithm)
        << header;
  }
  EXPECT_EQ(
      why(verify_token(with_header(R"({"alg":"HS256","crit":["exp"]})", claims, kKey),
                       kKey, {}, kNow)),
      Refused::malformed);
}

TEST(Tokens, WhatIsNoTokenIsMalformed) {
  const std::string good = sign_token({{"sub", "ann"}}, kKey);
  const std::string head = to_base64url(R"({"alg":"HS256"})");
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        good + ".", good + "=", "." + good, good.substr(0, good.rfind('.')),
        head + "." + to_base64url("[]") + ".AAAA",
        head + "." + to_base64url("7") + ".AAAA", head + "..", " " + good,
        to_base64url("\"HS256\"") + "." + to_base64url("{}") + ".",
        std::string(100'000, 'a')}) {
    EXPECT_EQ(why(verify_token(token, kKey, {}, kNow)), Refused::malformed) << token;
    EXPECT_FALSE(read_token(token)) << token;
  }
}

TEST(Tokens, ExpireAtTheSecondAndBeginAtTheSecond) {
  const auto now = kNow.time_since_epoch().count();
  EXPECT_TRUE(accepted({{"exp", now + 1}}));
  EXPECT_EQ(why(verify({{"exp", now}})), Refused::expired);
  EXPECT_TRUE(accepted({{"exp", now - 4}}, {.leeway = 5s}));
  EXPECT_EQ(why(verify({{"exp", now - 5}}, {.leeway = 5s})), Refused::expired);
  EXPECT_TRUE(accepted({{"nbf", now}}));
  EXPECT_EQ(why(verify({{"nbf", now + 1}})), Refused::not_yet);
  EXPECT_TRUE(accepted({{"nbf", now + 5}}, {.leeway = 5s}));
  EXPECT_EQ(why(verify({{"nbf", now + 6}}, {.leeway = 5s})), Refused::not_yet);
  EXPECT_TRUE(accepted({{"exp", static_cast<double>(now) + 0.5}}));
  EXPECT_TRUE(accepted({{"exp", 1e300}}));
  EXPECT_EQ(why(verify({{"exp", -1}})), Refused::expired);
  for (const char* name : {"exp", "nbf", "iat"}) {
    EXPECT_EQ(why(verify({{name, "1700000001"}})), Refused::claims) << name;
    EXPECT_EQ(why(verify({{name, nullptr}})), Refused::claims) << name;
  }
}

TEST(Tokens, AreForWhomTheyWereIssued) {
  EXPECT_TRUE(accepted({{"iss", "shop"}}, {.issuer = "shop"}));
  EXPECT_EQ(why(verify({{"iss", "evil"}}, {.issuer = "shop"})), Refused::claims);
  EXPECT_EQ(why(verify(Json::object(), {.issuer = "shop"})), Refused::claims);
  EXPECT_TRUE(accepted({{"aud", "shop"}}, {.audience = "shop"}));
  EXPECT_TRUE(accepted({{"aud", {"a", "shop"}}}, {.audience = "shop"}));
  EXPECT_EQ(why(verify({{"aud", {"a", "b"}}}, {.audience = "shop"})), Refused::claims);
  EXPECT_EQ(why(verify({{"aud", "shopx"}}, {.audience = "shop"})), Refused::claims);
  EXPECT_EQ(why(verify(Json::object(), {.audience = "shop"})), Refused::claims);
  EXPECT_EQ(why(verify({{"aud", 7}}, {.audience = "shop"})), Refused::claims);
}

TEST(Tokens, AnybodyCanReadThem) {
  EXPECT_EQ(read_token(sign_token({{"sub", "ann"}}, kKey))->at("sub"), "ann");
}

TEST(Keys, ASecretHas32BytesOrMore) {
  EXPECT_THROW(Key::hs256(std::string(31, 'k')), lab::Error);
}

class RequireToken : public testing::Test {
 protected:
  int status(const std::string& authorization) {
    const Request request{.headers = {{"Authorization", authorization}}};
    Exchange exchange{request};
    const auto blocked = guard_(exchange);
    user_ = exchange.user;
    return blocked ? blocked->status : 0;
  }
  const std::string token_ = sign_token({{"sub", "ann"}, {"iss", "shop"}}, kKey);
  bool revoked_ = false;
  Json user_;
  const Guard guard_ = require_token(
      kKey, {.issuer = "shop"}, [] { return kNow; },
      [&](const Json&) { return revoked_; });
};

TEST_F(RequireToken, PassesItsClaimsOn) {
  EXPECT_EQ(status("Bearer " + token_), 0);
  EXPECT_EQ(user_["sub"], "ann");
}

TEST_F(RequireToken, BlocksEverythingElse) {
  for (const std::string& given :
       {std::string(), token_, "bearer" + token_, "Basic " + token_, "Bearer  " + token_,
        "Bearer " + token_ + "x", "Bearer " + sign_token({{"sub", "ann"}}, kKey)}) {
    EXPECT_EQ(status(given), 401) << given;
    EXPECT_TRUE(user_.is_null());
  }
  revoked_ = true;
  EXPECT_EQ(status("Bearer " + token_), 401);
  const Request nobody{};
  Exchange exchange{nobody};
  EXPECT_EQ(find_header(require_token(kKey, {}, [] { return kNow; })(exchange)->headers,
                        "WWW-Authenticate"),
            "Bearer");
}

class CodeFlow : public testing::Test {
 protected:
  std::optional<std::string> authorize(const std::string& client = "app",
                                       const std::string& redirect = "https://app/back") {
    return server_.authorize({client, redirect, scope_, challenge_of("verifier"), "n-1"},
                             "ann", kNow);
  }
  bool redeems(const std::string& code, const std::string& verifier = "verifier",
               UnixTime now = kNow, const std::string& client = "app",
               const std::string& redirect = "https://app/back") {
    tokens_ = server_.token(client, redirect, code, verifier, now);
    return tokens_.has_value();
  }
  std::string scope_ = "openid orders";
  std::optional<Tokens> tokens_;
  AuthorizationServer server_{
      kKey, {{"app", "https://app/back"}, {"evil", "https://evil/back"}}};
};

// RFC 7636, B.
TEST_F(CodeFlow, TheChallengeIsThatOfTheRfc) {
  EXPECT_EQ(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_F(CodeFlow, ACodeAndItsVerifierBringTokensOnce) {
  const auto code = authorize();
  ASSERT_TRUE(code);
  ASSERT_TRUE(redeems(*code));
  const Json access = std::get<Json>(
      verify_token(tokens_->access, kKey, {.audience = "orders API"}, kNow + 599s));
  EXPECT_EQ(access["scope"], scope_);
  EXPECT_FALSE(access.contains("sub"));
  EXPECT_EQ(why(verify_token(tokens_->access, kKey, {}, kNow + 600s)), Refused::expired);
  const Json id =
      std::get<Json>(verify_token(tokens_->id, kKey, {.audience = "app"}, kNow + 599s));
  EXPECT_EQ(id["sub"], "ann");
  EXPECT_EQ(id["nonce"], "n-1");
  EXPECT_FALSE(redeems(*code)) << "it was used";
}

TEST_F(CodeFlow, AWrongVerifierSpendsTheCode) {
  const auto code = authorize();
  EXPECT_FALSE(redeems(*code, "guessed"));
  EXPECT_FALSE(redeems(*code)) << "nobody gets a second guess";
  EXPECT_FALSE(redeems("no such code"));
}

TEST_F(CodeFlow, ACodeIsForOneClientAndOneAddressAndAMinute) {
  EXPECT_FALSE(redeems(*authorize(), "verifier", kNow, "evil"));
  EXPECT_FALSE(redeems(*authorize(), "verifier", kNow, "app", "https://evil/back"));
  EXPECT_TRUE(redeems(*authorize(), "verifier", kNow + 59s));
  EXPECT_FALSE(redeems(*authorize(), "verifier", kNow + 60s));
}

TEST_F(CodeFlow, OnlyAKnownClientGetsACodeAtItsOwnAddress) {
  EXPECT_FALSE(authorize("nobody"));
  EXPECT_FALSE(authorize("app", "https://evil/back"));
  EXPECT_FALSE(server_.authorize({"app", "https://app/back", "x", ""}, "ann", kNow))
      << "no PKCE";
}

TEST_F(CodeFlow, WithoutOpenidThereIsNoIdToken) {
  for (const char* scope : {"orders", "openidx", "xopenid orders", ""}) {
    scope_ = scope;
    ASSERT_TRUE(redeems(*authorize()));
    EXPECT_EQ(tokens_->id, "") << scope;
  }
  for (const char* scope : {"openid", "orders openid", "a openid b"}) {
    scope_ = scope;
    ASSERT_TRUE(redeems(*authorize()));
    EXPECT_NE(tokens_->id, "") << scope;
  }
}

TEST(OldCodeFlow, WithoutPkceTheCodeIsEnough) {
  AuthorizationServer server(kKey, {{"app", "x"}}, false);
  const auto code = server.authorize({"app", "x", "orders", ""}, "ann", kNow);
  ASSERT_TRUE(code);
  EXPECT_TRUE(server.token("app", "x", *code, "", kNow));
}

}  // namespace
}  // namespace lab15
