#include "graphql_rest.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <random>
#include <stdexcept>

namespace lab17 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A schema of one type that leads to itself, with fields that fail and fields that wait.
class GraphqlTest : public testing::Test {
 protected:
  Json ask(const std::string& query, const Limits& limits = {}) {
    got_.reset();
    answer(schema_, query, limits, std::make_shared<Context>(),
           [this](Response response) { got_ = std::move(response); });
    return got_ ? got_->body : Json();
  }
  std::string problem(const std::string& query, const Limits& limits = {}) {
    const Json body = ask(query, limits);
    EXPECT_FALSE(got_ && got_->executed) << body;
    EXPECT_EQ(resolved_, 0) << "a query that is refused asks no resolver";
    if (!body.contains("errors")) return "no problem";
    const Json& error = body["errors"][0];
    return fmt::format("{} ({}:{})", error["message"].get<std::string>(),
                       error["locations"][0]["line"].get<int>(),
                       error["locations"][0]["column"].get<int>());
  }
  std::string data(const std::string& query) { return ask(query)["data"].dump(); }

  FieldType gives(const char* type, Json value, Arguments arguments = {}) {
    return {type, std::move(arguments), [this, value](const Call&, const Reply& reply) {
              ++resolved_;
              reply(value);
            }};
  }
  FieldType fails(const char* type) {
    return {
        type, {}, [](const Call&, const Reply&) { throw std::runtime_error("broken"); }};
  }
  FieldType waits(const char* type) {
    return {
        type, {}, [this](const Call&, const Reply& reply) { waiting_.push_back(reply); }};
  }

  int resolved_ = 0;
  std::vector<Reply> waiting_;
  std::optional<Response> got_;
  const Json one_ = {{"id", 1}};
  Schema schema_{{"Query",
                  {{"a", gives("T", one_)},
                   {"b", gives("T", {{"id", 2}})},
                   {"list", gives("[T!]!", {one_, {{"id", 2}}}, {{"first", 10}})},
                   {"holes", gives("[T]", {one_, nullptr})},
                   {"full", gives("[T!]", {one_, nullptr})},
                   {"later", waits("T")}}},
                 {"T",
                  {{"id", {"Int!"}},
                   {"missing", {"Int"}},
                   {"never", {"Int!"}},
                   {"n", fails("Int")},
                   {"m", fails("Int!")},
                   {"t", gives("T", one_)},
                   {"must", gives("T!", one_)},
                   {"sum", gives("Int", 3, {{"x", 1}, {"y", 2}})},
                   {"later", waits("Int")},
                   {"soon", waits("Int!")}}}};
};

TEST_F(GraphqlTest, AnswersInTheOrderOfTheQuery) {
  EXPECT_EQ(data("{b {id} a {missing, id}}"),
            R"({"b":{"id":2},"a":{"missing":null,"id":1}})");
  EXPECT_EQ(data("query Name {list {id} holes {id}}"),
            R"({"list":[{"id":1},{"id":2}],"holes":[{"id":1},null]})");
}

TEST_F(GraphqlTest, PutsAFieldUnderItsAlias) {
  EXPECT_EQ(data("{x: a {kind: __typename} y: a {id}}"),
            R"({"x":{"kind":"T"},"y":{"id":1}})");
}

TEST_F(GraphqlTest, MergesWhatFragmentsRepeat) {
  EXPECT_EQ(data("fragment F on Query {a {id ...G}} {a {t {id}} ...F ...F}"
                 "fragment G on T {t {x: id}}"),
            R"({"a":{"t":{"id":1,"x":1},"id":1}})");
  EXPECT_EQ(resolved_, 2) << "a and its t, once each";
}

TEST_F(GraphqlTest, GivesResolversTheirArgumentsAndDefaults) {
  schema_["T"]["sum"].resolve = [](const Call& call, const Reply& reply) {
    reply(call.arguments.at("x") * 10 + call.arguments.at("y"));
  };
  EXPECT_EQ(data("{a {sum, s: sum(y: -5 x: 7)}}"), R"({"a":{"sum":12,"s":65}})");
}

TEST_F(GraphqlTest, ANullableFieldThatFailsIsNullByItself) {
  const Json body = ask("{a {id n} b {id}}");
  EXPECT_EQ(body.dump(),
            R"({"errors":[{"message":"broken","locations":[{"line":1,"column":8}],)"
            R"("path":["a","n"]}],"data":{"a":{"id":1,"n":null},"b":{"id":2}}})");
}

TEST_F(GraphqlTest, ANullMovesUpToTheNearestThatMayBeNull) {
  EXPECT_EQ(data("{a {id m} b {id}}"), R"({"a":null,"b":{"id":2}})");
  EXPECT_EQ(data("{a {t {must {must {m}}}} b {id}}"), R"({"a":{"t":null},"b":{"id":2}})");
  EXPECT_EQ(data("{holes {m}}"), R"({"holes":[null,null]})");
  EXPECT_EQ(data("{full {id} b {id}}"), R"({"full":null,"b":{"id":2}})");
  EXPECT_EQ(data("{b {id} list {m}}"), "null");
}

TEST_F(GraphqlTest, AMissingValueThatMayNotBeNullIsAnError) {
  const Json body = ask("{holes {id never}}");
  EXPECT_EQ(body["errors"][0]["message"],
            "Cannot return null for non-nullable field T.never.");
  EXPECT_EQ(body["errors"][0]["path"].dump(), R"(["holes",0,"never"])");
}

TEST_F(GraphqlTest, OneErrorTellsOfEachNull) {
  const Json body = ask("{a {m x: m never}}");
  EXPECT_EQ(body["errors"].size(), 1u);
}

TEST_F(GraphqlTest, WaitsForTheLastReply) {
  EXPECT_TRUE(ask("{later {id later} x: later {id}}").is_null());
  ASSERT_EQ(waiting_.size(), 2u);
  waiting_[1](one_);
  waiting_[0](one_);  // asks for one more
  EXPECT_FALSE(got_.has_value());
  waiting_[2](5);
  EXPECT_EQ(got_->body.dump(), R"({"data":{"later":{"id":1,"later":5},"x":{"id":1}}})");
}

TEST_F(GraphqlTest, DropsAReplyForWhatHasBecomeNull) {
  ask("{a {later soon x: soon}}");
  ASSERT_EQ(waiting_.size(), 3u);
  waiting_[1](Failure{"first"});
  waiting_[2](Failure{"second"});
  EXPECT_FALSE(got_.has_value()) << "the last reply is still due";
  waiting_[0](5);
  EXPECT_EQ(got_->body["data"].dump(), R"({"a":null})");
  EXPECT_EQ(got_->body["errors"].size(), 1u);
  EXPECT_EQ(got_->body["errors"][0]["message"], "first");
}

TEST_F(GraphqlTest, SaysWhatItExpectedAndWhere) {
  EXPECT_EQ(problem("{a {id}"), "Syntax Error: Expected Name, found <EOF>. (1:8)");
  EXPECT_EQ(problem("{\n  a(x 1) {id}}"),
            "Syntax Error: Expected \":\", found Int \"1\". (2:7)");
  EXPECT_EQ(problem(""), "Syntax Error: Unexpected <EOF>. (1:1)");
  EXPECT_EQ(problem("{}"), "Syntax Error: Expected Name, found \"}\". (1:2)");
  EXPECT_EQ(problem("# a\r\n{a}}"), "Syntax Error: Unexpected \"}\". (2:4)");
  EXPECT_EQ(problem("{a(x: 01)}"), "Syntax Error: Invalid number. (1:7)");
  EXPECT_EQ(problem("{a(x: 1a)}"), "Syntax Error: Invalid number. (1:7)");
  EXPECT_EQ(problem("{a(x: -)}"), "Syntax Error: Invalid number. (1:7)");
  EXPECT_EQ(problem("{a ?}"), "Syntax Error: Unexpected character. (1:4)");
  EXPECT_EQ(problem("{a \xff}"), "Syntax Error: Unexpected character. (1:4)");
  EXPECT_EQ(problem("{a ..b}"), "Syntax Error: Unexpected character. (1:4)");
  EXPECT_EQ(problem("fragment on on T {id}"),
            "Syntax Error: Unexpected Name \"on\". (1:10)");
  EXPECT_EQ(problem(std::string("{a \0}", 5)),
            "Syntax Error: Unexpected character. (1:4)");
}

TEST_F(GraphqlTest, ReadsNumbersOf32Bits) {
  EXPECT_EQ(data("{a {sum(x: 2147483647, y: -2147483648)}}"), R"({"a":{"sum":3}})");
  EXPECT_EQ(data("{a {sum(x: 1234567890, y: 0) s: sum(x: -0)}}"),
            R"({"a":{"sum":3,"s":3}})");
  resolved_ = 0;
  EXPECT_THAT(problem("{a {sum(x: 2147483648)}}"), HasSubstr("32 bits"));
  EXPECT_THAT(problem("{a {sum(x: -2147483649)}}"), HasSubstr("32 bits"));
}

TEST_F(GraphqlTest, RefusesWhatTheSchemaDoesNotHave) {
  EXPECT_EQ(problem("{a {id no}}"), "Cannot query field \"no\" on type \"T\". (1:8)");
  EXPECT_THAT(problem("{a}"), HasSubstr("must have a selection"));
  EXPECT_THAT(problem("{a {id {id}}}"), HasSubstr("must not have a selection"));
  EXPECT_THAT(problem("{a {__typename {id}}}"), HasSubstr("must not have a selection"));
  EXPECT_THAT(problem("{a(x: 1) {id}}"), HasSubstr("Unknown argument \"x\""));
  EXPECT_THAT(problem("{a {sum(x: 1, x: 1)}}"), HasSubstr("only one argument"));
  EXPECT_THAT(problem("{...F}"), HasSubstr("Unknown fragment \"F\""));
  EXPECT_THAT(problem("{...F} fragment F on No {id}"), HasSubstr("Unknown type \"No\""));
  EXPECT_THAT(problem("{...F} fragment F on T {id}"), HasSubstr("cannot be spread"));
  EXPECT_THAT(problem("fragment F on T {id}"), HasSubstr("Must provide an operation"));
  EXPECT_THAT(problem("{a {id}} {a {id}}"), HasSubstr("second query"));
  EXPECT_THAT(problem("{...F} fragment F on Query {a {id}} fragment F on T {id}"),
              HasSubstr("only one fragment"));
}

TEST_F(GraphqlTest, RefusesTwoMeaningsOfOneKey) {
  EXPECT_THAT(problem("{a {x: id x: n}}"), HasSubstr("\"x\" conflict"));
  EXPECT_THAT(problem("{a {sum sum(x: 1)}}"), HasSubstr("\"sum\" conflict"));
  EXPECT_THAT(problem("{a {t {x: id}} a {t {x: n}}}"), HasSubstr("\"x\" conflict"));
}

TEST_F(GraphqlTest, RefusesFragmentsInACircleWithoutAnyLimit) {
  EXPECT_THAT(problem("{...A} fragment A on Query {...A}", Limits::none()),
              StartsWith("Cannot spread fragment \"A\" within itself"));
  EXPECT_THAT(
      problem("{a {...A}} fragment A on T {t {...B}} fragment B on T {id t {...A}}",
              Limits::none()),
      StartsWith("Cannot spread fragment"));
}

TEST_F(GraphqlTest, LimitsDepthOnBothSidesOfTheBound) {
  const Limits two{.depth = 2};
  EXPECT_EQ(ask("{a {id}}", two)["data"].dump(), R"({"a":{"id":1}})");
  resolved_ = 0;
  EXPECT_THAT(problem("{a {t {id}}}", two), HasSubstr("more than 2 fields deep"));
  EXPECT_THAT(
      problem("{...F} fragment F on Query {a {...G}} fragment G on T {t {id}}", two),
      HasSubstr("more than 2 fields deep"));
}

TEST_F(GraphqlTest, LimitsAliasesOnBothSidesOfTheBound) {
  const Limits two{.aliases = 2};
  EXPECT_EQ(ask("{a {x: id y: id id}}", two)["data"].dump(),
            R"({"a":{"x":1,"y":1,"id":1}})");
  resolved_ = 0;
  EXPECT_THAT(problem("{a {x: id y: id z: id}}", two), HasSubstr("more than 2 aliases"));
}

TEST_F(GraphqlTest, CountsAListAsOftenAsItIsAskedFor) {
  // A field counts each time that the query says it; a list counts 3 times its id.
  EXPECT_TRUE(ask("{a {id id id}}", {.cost = 4}).contains("data"));
  resolved_ = 0;
  EXPECT_THAT(problem("{a {id id id id}}", {.cost = 4}), HasSubstr("costs 5"));
  EXPECT_TRUE(ask("{list(first: 3) {id}}", {.cost = 4}).contains("data"));
  resolved_ = 0;
  EXPECT_THAT(problem("{list(first: 4) {id}}", {.cost = 4}), HasSubstr("costs 5"));
  EXPECT_THAT(problem("{list {id}}", {.cost = 10}), HasSubstr("costs 11"));
  EXPECT_THAT(problem("\n{list {id}}", {.cost = 10}), HasSubstr("(1:1)"));
  EXPECT_TRUE(ask("{list(first: -3) {id}}", {.cost = 2}).contains("data"));
}

TEST_F(GraphqlTest, StopsPlanningWhereTheCostIsReached) {
  // Each fragment says the next twice: 2 to the power of 60 fields, of 2 KB of text.
  std::string text = "{a {...F0}}";
  for (int i = 0; i < 60; ++i) {
    text += fmt::format(" fragment F{0} on T {{x: t {{{1}}} y: t {{{1}}}}}", i,
                        i < 59 ? fmt::format("...F{}", i + 1) : "id");
  }
  EXPECT_THAT(problem(text, {.depth = 100, .aliases = 1 << 20, .cost = 5000}),
              HasSubstr("costs 5001"));
}

TEST_F(GraphqlTest, BoundsTheTextAndItsNesting) {
  const auto nested = [](int sets) {
    std::string text = "{a";
    for (int i = 1; i < sets; ++i) text += "{t";
    return text + std::string(static_cast<std::size_t>(sets), '}');
  };
  EXPECT_THAT(problem(nested(100), Limits::none()), HasSubstr("must have a selection"));
  EXPECT_THAT(problem(nested(101), Limits::none()), HasSubstr("nested too deep"));
  EXPECT_THAT(problem(nested(20'000), Limits::none()), HasSubstr("nested too deep"));
  std::string siblings = "{";
  for (int i = 0; i < 101; ++i) siblings += "b{id}";
  EXPECT_EQ(ask(siblings + "}", Limits::none())["data"].dump(), R"({"b":{"id":2}})");
  resolved_ = 0;
  const std::string query = "{a{id}}";
  const std::string blanks((64 << 10) - query.size(), ' ');
  EXPECT_TRUE(ask(query + blanks).contains("data"));
  resolved_ = 0;
  EXPECT_THAT(problem(query + blanks + " "), HasSubstr("longer than 64 KiB"));
}

// Whatever is sent is answered, once, with data or with an error that has a place.
TEST_F(GraphqlTest, AnswersAnyText) {
  std::mt19937 random(17);
  const std::string bytes = "{}():,# \n.a1-t\"$@\xc3\xa9";
  for (int i = 0; i < 20'000; ++i) {
    std::string text =
        "{a {id t: list(first: 2) {...F x: id}} b {n m}} fragment F on T {id}";
    for (auto changes = random() % 5; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      random() % 2 ? text.insert(at, 1, bytes[random() % bytes.size()])
                   : text.erase(at, random() % 4);
    }
    const Json body = ask(text);
    ASSERT_TRUE(got_.has_value()) << text;
    ASSERT_EQ(got_->executed, body.contains("data")) << text;
    if (!got_->executed) {
      ASSERT_GE(body["errors"][0]["locations"][0]["column"], 1) << text;
    }
    ASSERT_NO_THROW((void)body.dump()) << text;
  }
}

}  // namespace
}  // namespace lab17
