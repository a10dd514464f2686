// What a shape lets through, and how it names what it does not.
#include "guards/validation.hpp"

#include <gmock/gmock.h>

namespace lab15 {

void PrintTo(const Problem& problem, std::ostream* out) {
  *out << problem.path << ": " << problem.what;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Problem> problems(const Shape& shape, const char* text) {
  return shape.check(Json::parse(text));
}
std::string wrong(const Shape& shape, const char* text) {
  const auto found = problems(shape, text);
  return found.empty() ? "" : found[0].what;
}

TEST(Validation, ATextHasItsLengthInUtf16Units) {
  const Shape shape = Shape::text(2, 4);
  const std::string range = "must have 2 to 4 characters";
  for (const char* good : {R"("ab")", R"("abcd")", R"("äöü")", R"("€€€€")", R"("😀😀")"}) {
    EXPECT_EQ(wrong(shape, good), "") << good;
  }
  for (const char* bad : {R"("")", R"("a")", R"("abcde")", R"("😀😀a")", R"("€")"}) {
    EXPECT_EQ(wrong(shape, bad), range) << bad;
  }
  for (const char* other : {"7", "null", "true", R"(["ab"])", R"({"$ne":"x"})"}) {
    EXPECT_EQ(wrong(shape, other), "must be a text") << other;
  }
}

TEST(Validation, AWholeNumberIsNotCoerced) {
  const Shape shape = Shape::integer(-2, 30);
  for (const char* good : {"-2", "0", "30", "3.0", "3e1", "-0"}) {
    EXPECT_EQ(wrong(shape, good), "") << good;
  }
  for (const char* bad : {"-3", "31", "300"}) {
    EXPECT_EQ(wrong(shape, bad), "must be from -2 to 30") << bad;
  }
  for (const char* other : {"\"30\"", "1.5", "null", "true", "[1]"}) {
    EXPECT_EQ(wrong(shape, other), "must be a whole number") << other;
  }
}

TEST(Validation, ANumberBeyond2To53IsNoWholeNumber) {
  const Shape shape = Shape::integer(-9'007'199'254'740'991, 9'007'199'254'740'991);
  EXPECT_EQ(wrong(shape, "9007199254740991"), "");
  EXPECT_EQ(wrong(shape, "-9007199254740991"), "");
  for (const char* bad : {"9007199254740992", "-9007199254740992", "1e300",
                          "18446744073709551615", "-9223372036854775808"}) {
    EXPECT_EQ(wrong(shape, bad), "must be a whole number") << bad;
  }
}

TEST(Validation, ABooleanIsTrueOrFalse) {
  EXPECT_EQ(wrong(Shape::boolean(), "true"), "");
  EXPECT_EQ(wrong(Shape::boolean(), "false"), "");
  for (const char* bad : {"0", "1", "\"true\"", "null"}) {
    EXPECT_EQ(wrong(Shape::boolean(), bad), "must be true or false") << bad;
  }
}

TEST(Validation, AListIsBoundedAndEachItemHasItsPath) {
  const Shape shape = Shape::list(Shape::integer(1, 9), 3);
  EXPECT_THAT(problems(shape, "[]"), IsEmpty());
  EXPECT_THAT(problems(shape, "[1,2,3]"), IsEmpty());
  EXPECT_EQ(wrong(shape, "[1,2,3,4]"), "must have at most 3 items");
  EXPECT_EQ(wrong(shape, "{}"), "must be a list");
  EXPECT_THAT(problems(shape, "[1,0,\"x\"]"),
              ElementsAre(Problem{"1", "must be from 1 to 9"},
                          Problem{"2", "must be a whole number"}));
}

const Shape& order() {
  static const Shape shape = Shape::object(
      {{"name", Shape::text(1, 5)},
       {"note", Shape::text(0, 5).optional()},
       {"items", Shape::list(Shape::object({{"id", Shape::integer(1, 9)}}), 5)}});
  return shape;
}

TEST(Validation, EveryProblemIsToldByItsPath) {
  EXPECT_THAT(problems(order(), R"({"name":"a","items":[{"id":1}]})"), IsEmpty());
  EXPECT_THAT(problems(order(), R"({"name":"a","note":"b","items":[]})"), IsEmpty());
  EXPECT_THAT(
      problems(order(),
               R"({"name":7,"note":null,"items":[{"id":1},{"id":0,"x":1},{}],"y":2})"),
      ElementsAre(Problem{"items.1.id", "must be from 1 to 9"},
                  Problem{"items.1.x", "is not expected"},
                  Problem{"items.2.id", "is missing"}, Problem{"name", "must be a text"},
                  Problem{"note", "must be a text"}, Problem{"y", "is not expected"}));
  EXPECT_THAT(problems(order(), "null"), ElementsAre(Problem{"", "must be an object"}));
  EXPECT_THAT(problems(order(), "[]"), ElementsAre(Problem{"", "must be an object"}));
}

TEST(Validation, TheGuardRepliesEveryProblem) {
  const Request request{};
  Exchange exchange{request};
  exchange.body = Json::parse(R"({"name":"","items":[]})");
  const auto blocked = validate(order())(exchange);
  ASSERT_TRUE(blocked);
  EXPECT_EQ(blocked->status, 400);
  EXPECT_EQ(blocked->content_type, "application/json");
  EXPECT_EQ(Json::parse(blocked->body)["problems"],
            (Json{{"name", "must have 1 to 5 characters"}}));
  exchange.body["name"] = "a";
  EXPECT_FALSE(validate(order())(exchange));
}

}  // namespace
}  // namespace lab15
