#include "redaction.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace lab26 {
namespace {

std::string redacted(std::vector<std::string> paths, const char* field,
                     const char* value) {
  const Json json = Json::parse(value);
  const auto result = Redaction(paths).applied(field, &json);
  return result ? result->dump() : "untouched";
}

TEST(Redaction, CoversAFieldByItsName) {
  const std::vector<std::string> paths = {"password", "user.token", "a.b.c"};
  const Redaction redaction(paths);
  EXPECT_EQ(redaction.applied("password", nullptr), kRedacted);
  for (const char* other : {"user", "token", "Password", ""})
    EXPECT_FALSE(redaction.applied(other, nullptr)) << other;
  EXPECT_FALSE(Redaction().applied("password", nullptr));
}

TEST(Redaction, FollowsAPathIntoAValue) {
  EXPECT_EQ(redacted({"user.token"}, "user", R"({"token":"s","name":"ann"})"),
            R"({"token":"[Redacted]","name":"ann"})");
  EXPECT_EQ(redacted({"a.b.c"}, "a", R"({"b":{"c":{"d":1}},"c":2})"),
            R"({"b":{"c":"[Redacted]"},"c":2})");
  EXPECT_EQ(redacted({"user.token", "user.pin"}, "user", R"({"token":1,"pin":2})"),
            R"({"token":"[Redacted]","pin":"[Redacted]"})");
}

TEST(Redaction, TakesEachElementOrNameForAStar) {
  EXPECT_EQ(redacted({"cards.*.number"}, "cards", R"([{"number":1,"kind":"x"},{"k":2}])"),
            R"([{"number":"[Redacted]","kind":"x"},{"k":2}])");
  EXPECT_EQ(redacted({"users.*.pin"}, "users", R"({"ann":{"pin":1},"bob":{"pin":2}})"),
            R"({"ann":{"pin":"[Redacted]"},"bob":{"pin":"[Redacted]"}})");
  EXPECT_EQ(redacted({"pins.*"}, "pins", "[1,2]"), R"(["[Redacted]","[Redacted]"])");
  EXPECT_EQ(redacted({"m.*.*"}, "m", "[[1],[2]]"), R"([["[Redacted]"],["[Redacted]"]])");
  EXPECT_EQ(redacted({"*.pin"}, "anyone", R"({"pin":1})"), R"({"pin":"[Redacted]"})");
}

TEST(Redaction, LeavesWhatNoPathLeadsTo) {
  EXPECT_EQ(redacted({"user.token"}, "admin", R"({"token":1})"), "untouched");
  EXPECT_EQ(redacted({"token"}, "user", R"({"token":1})"), "untouched");
  EXPECT_EQ(redacted({"user.token"}, "user", R"({"deep":{"token":1}})"),
            R"({"deep":{"token":1}})");
  EXPECT_EQ(redacted({"user.token"}, "user", R"("text")"), R"("text")");
  EXPECT_EQ(redacted({"user.token"}, "user", R"([{"token":1}])"), R"([{"token":1}])");
  EXPECT_EQ(redacted({"user.*.pin"}, "user", R"({"a":1,"b":null})"),
            R"({"a":1,"b":null})");
}

TEST(Redaction, RefusesAPathThatLeadsNowhere) {
  for (const char* path :
       {"", ".", "a.", ".a", "a..b", "a[0]", "a[", "a]", "a[*]", "a['b']"}) {
    const std::vector<std::string> paths = {path};
    EXPECT_THROW(Redaction{paths}, std::invalid_argument) << path;
  }
  const std::vector<std::string> fine = {"a", "a-b.c_d", "a.*", "*", "*.*.x", "a*"};
  EXPECT_NO_THROW(Redaction{fine});
}

}  // namespace
}  // namespace lab26
