// Lab 15 as a person runs it, and its shop as a stranger meets it.
#include <gmock/gmock.h>

#include "support/own_run.hpp"
#include "support/played.hpp"
#include "world/caller.hpp"

namespace lab15 {
namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_15(std::vector<std::string> flags,
               std::vector<std::pair<std::string, std::string>> env = {}) {
  flags.emplace_back("--quick");
  return play("15_api_security", std::move(flags), std::move(env));
}

TEST(ApiSecurityLab, ProvesItsClaimsWithOtherSettingsToo) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--limit", "1", "--addresses", "2"},
        {"--limit", "20", "--addresses", "9"},
        {"--limit", "50", "--addresses", "9"}}) {
    const Played played = play_15(flags);
    EXPECT_EQ(played.exit.code, 0) << played.exit.out << played.exit.err;
    EXPECT_EQ(played.proven.size(), 8u);
  }
}

TEST(ApiSecurityLab, OneTableShowsBadInputToBothApis) {
  const Played played = play_15({"--scene", "attacks"});
  const Table table = played.table("What got through");
  EXPECT_EQ(table.rows.size(), 5u);
  for (const Cells& row : table.rows) {
    EXPECT_THAT(row, ElementsAre(row[0], "exploited", "blocked"));
  }
}

TEST(ApiSecurityLab, SecurityHeadersStopTheFrameAndNothingElse) {
  const Rows rows = play_15({"--scene", "headers"}).rows();
  EXPECT_EQ(rows.at("the shop in a frame"), "exploited > blocked > blocked");
  EXPECT_EQ(rows.at("password {\"$ne\": \"x\"}"), "exploited > exploited > blocked");
  EXPECT_EQ(rows.at("order of -3 pieces"), "exploited > exploited > blocked");
}

TEST(ApiSecurityLab, TwoInstancesPassTwiceTheLimit) {
  const Rows rows = play_15({"--scene", "limits", "--limit", "4"}).rows();
  EXPECT_EQ(rows.at("two instances, each its own"), "24 >  > 8");
  EXPECT_EQ(rows.at("two instances, shared in Redis"), "24 >  > 4");
  EXPECT_EQ(rows.at("fixed window"), "8 > 3 before, 4 after > 7");
  EXPECT_EQ(rows.at("sliding window"), "8 > 3 before, 1 after > 4");
}

TEST(ApiSecurityLab, SaysWhatIsMissingWithoutRedis) {
  const lab::Exit exit = play_15({}, {{"PATH", "/nowhere"}, {"LAB_REDIS_URL", ""}}).exit;
  EXPECT_EQ(exit.code, 77) << exit.err;
  EXPECT_THAT(exit.out + exit.err, HasSubstr("redis-server"));
}

TEST(ApiSecurityLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play_15({"--limit", "51"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("limit"));
}

class GuardedShop : public testing::Test {
 protected:
  OwnRun run_;
  Shop shop_{{.name = "shop"}};
  Caller caller_{"stranger", shop_};
};

TEST_F(GuardedShop, HostileRequestsReachNoHandler) {
  const std::vector<std::pair<std::string, std::string>> json = {
      {"Content-Type", "application/json"}};
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("\0\0", 2),
        std::string(3'000, '['),
        std::string(R"({"user":{"$gt":""},"password":{"$gt":""}})"),
        std::string(R"({"user":"admin","password":null})"),
        std::string(R"({"user":"admin","password":"x","__proto__":{"admin":true}})"),
        std::string(R"({"user":")") + std::string(65, 'a') + R"(","password":"x"})"}) {
    const Response response = caller_.send(
        {.method = "POST", .target = "/login", .body = body, .headers = json});
    EXPECT_EQ(response.status, 400) << body;
  }
  for (const char* target : {"/orders", "/me", "/logout"}) {
    EXPECT_EQ(caller_.post(target, Json{{"item", "tea"}}).status, 401) << target;
    EXPECT_EQ(caller_.get(target, "a.b.c").status, 401) << target;
  }
  EXPECT_EQ(shop_.handled(), 0);
  EXPECT_EQ(caller_
                .send({.method = "POST",
                       .target = "/login",
                       .body = std::string(5'000, ' '),
                       .headers = json})
                .status,
            413);
  EXPECT_EQ(caller_.get("/nowhere").status, 401);
}

TEST_F(GuardedShop, TheRightPasswordGetsAToken) {
  const std::string token = caller_.log_in("ann");
  EXPECT_EQ(caller_.get("/me", token).status, 200);
  const Response got = caller_.post("/orders", {{"item", "tea"}, {"quantity", 2}}, token);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(Json::parse(got.body),
            (Json{{"by", "ann"}, {"paid", false}, {"item", "tea"}, {"quantity", 2}}));
  EXPECT_EQ(caller_.post("/login", {{"user", "ann"}, {"password", "wrong"}}).status, 401);
  const std::string longer = std::string(kPassword) + '\0' + "x";
  EXPECT_EQ(caller_.post("/login", {{"user", "ann"}, {"password", longer}}).status, 401)
      << "crypt(3) does not read what is behind a zero byte";
  EXPECT_EQ(caller_.post("/login", {{"user", "eve"}, {"password", kPassword}}).status,
            401);
}

}  // namespace
}  // namespace lab15
