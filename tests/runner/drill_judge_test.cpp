#include <gmock/gmock.h>

#include "drill/answer.hpp"
#include "drill/judge.hpp"
#include "fake_place.hpp"

namespace runner {
namespace {

using Predict = DrillItem::Predict;
using testing::HasSubstr;
using testing::Optional;
using testing::UnorderedElementsAreArray;

const Lab kLab = Catalog::parse(FakePlace::kCatalog, "test").labs()[1];

DrillItem item(Predict predict, std::vector<std::string> items = {}) {
  DrillItem item{.id = "05-x", .lab = kLab};
  item.kind = DrillItem::Kind::scenario;
  item.predict = predict;
  item.items = std::move(items);
  return item;
}

// --- what was typed ---

TEST(Prediction, AnOrderIsTypedAsNumbersOrAsNames) {
  const DrillItem order = item(Predict::order, {"timeout", "I1 child", "close"});
  const std::vector<std::string> shown = {"close", "timeout", "I1 child"};
  for (const char* typed : {"2 3 1", "2,3,1", " 2 > 3 > 1 ", "231", "2\t3  1",
                            "timeout > I1 child > close", "TIMEOUT, 3, close"}) {
    EXPECT_THAT(parse_prediction(order, shown, typed),
                Optional(std::string("timeout > I1 child > close")))
        << typed;
  }
}

TEST(Prediction, AnOrderHasEachItemOnce) {
  const DrillItem order = item(Predict::order, {"a", "b", "c"});
  for (const char* typed : {"1 2", "1 2 2", "1 2 3 1", "0 1 2", "1 2 4", "a b d", ">",
                            "-1", "1 2 99999999999999999999", "1;2;3"}) {
    EXPECT_EQ(parse_prediction(order, order.items, typed), std::nullopt) << typed;
  }
}

TEST(Prediction, AChoiceIsANumberOrAName) {
  const DrillItem choice = item(Predict::choice, {"open", "half-open"});
  EXPECT_THAT(parse_prediction(choice, choice.items, "2"),
              Optional(std::string("half-open")));
  EXPECT_THAT(parse_prediction(choice, choice.items, "Half-Open"),
              Optional(std::string("half-open")));
  for (const char* typed : {"0", "3", "half", "1 2", "1.0"}) {
    EXPECT_EQ(parse_prediction(choice, choice.items, typed), std::nullopt) << typed;
  }
}

TEST(Prediction, AnOutcomeIsYesOrNo) {
  const DrillItem outcome = item(Predict::outcome);
  EXPECT_THAT(parse_prediction(outcome, {}, "Y"), Optional(std::string("yes")));
  EXPECT_THAT(parse_prediction(outcome, {}, "fails"), Optional(std::string("no")));
  EXPECT_EQ(parse_prediction(outcome, {}, "maybe"), std::nullopt);
}

TEST(Prediction, ANumberMayHaveAUnit) {
  EXPECT_EQ(parse_quantity("64 KiB")->base, 65536);
  EXPECT_EQ(parse_quantity("64kib")->base, 65536);
  EXPECT_DOUBLE_EQ(parse_quantity(" 1.5 ms ")->base, 0.0015);
  for (const char* typed :
       {"", "many", "12 parsecs", "nan", "inf", "1e400", "--1", "KiB"}) {
    EXPECT_FALSE(parse_quantity(typed)) << typed;
  }
}

TEST(Prediction, SurvivesHostileText) {
  const DrillItem order = item(Predict::order, {"a", "b"});
  const DrillItem number = item(Predict::number);
  for (const std::string& typed : {std::string(4096, '>'), std::string(4096, '9'),
                                   std::string("\0\xff\x1b[2J", 6), std::string(",,,")}) {
    EXPECT_EQ(parse_prediction(order, order.items, typed), std::nullopt);
    if (const auto said = parse_prediction(number, {}, typed)) {
      EXPECT_FALSE(right(number, *said, "1"));
    }
  }
}

TEST(Prediction, TheItemsAreShownInAnotherOrderEachRound) {
  const DrillItem order = item(Predict::order, {"a", "b", "c", "d", "e", "f"});
  const auto first = shown_items(order, 0);
  EXPECT_EQ(first, shown_items(order, 0));
  EXPECT_NE(first, shown_items(order, 1));
  EXPECT_THAT(first, UnorderedElementsAreArray(order.items));
}

// --- right or wrong ---

TEST(Judge, AnOrderIsRightOnlyAsAWhole) {
  const DrillItem order = item(Predict::order, {"a", "b", "c"});
  EXPECT_TRUE(right(order, "a > b > c", "a > b > c"));
  EXPECT_TRUE(right(order, "a > b > c", "a>b>c"));
  EXPECT_FALSE(right(order, "a > c > b", "a > b > c"));
  EXPECT_FALSE(right(order, "", "a > b > c"));
}

TEST(Judge, ANumberIsRightUpToItsLastPercent) {
  DrillItem number = item(Predict::number);
  EXPECT_TRUE(right(number, "31", "31"));
  EXPECT_FALSE(right(number, "32", "31"));
  number.within = 10;
  EXPECT_TRUE(right(number, "110", "100"));
  EXPECT_TRUE(right(number, "90", "100"));
  EXPECT_FALSE(right(number, "110.01", "100"));
  EXPECT_FALSE(right(number, "89", "100"));
  EXPECT_FALSE(right(number, "", "100"));
}

TEST(Judge, ANumberIsRightInItsUnitAndInTheBaseUnit) {
  const DrillItem number = item(Predict::number);
  for (const char* said : {"64 KiB", "64", "65536", "65536 B"}) {
    EXPECT_TRUE(right(number, said, "64 KiB")) << said;
  }
  for (const char* said : {"64 B", "64 MiB", "65 KiB"}) {
    EXPECT_FALSE(right(number, said, "64 KiB")) << said;
  }
  EXPECT_FALSE(right(number, "49 ns", "50 ns"));
}

TEST(Judge, ARunThatSaysWhatCannotBeMeantIsNoAnswer) {
  EXPECT_TRUE(fits(item(Predict::order, {"a", "b"}), "b > a"));
  EXPECT_FALSE(fits(item(Predict::order, {"a", "b"}), "b > a > c"));
  EXPECT_FALSE(fits(item(Predict::order, {"a", "b"}), "b > b"));
  EXPECT_FALSE(fits(item(Predict::choice, {"a", "b"}), "c"));
  EXPECT_FALSE(fits(item(Predict::number), "none"));
}

// --- where the answer stands ---

constexpr const char* kTable =
    R"({"name":"Ways","cat":"table","args":{"columns":["way","with","pauses","queue"],)"
    R"("rows":[["pipe","slow","31","64 KiB"],["pipe","fast",7,"9 B"],["none","slow","0","1 MiB"]]}})";

std::optional<std::string> answer(const Play& play,
                                  const std::string& last = end_line(0)) {
  AnswerReader reader;
  for (const std::string& line :
       {std::string("garbage"), std::string("[]"), std::string(R"({"cat":7})"),
        std::string(R"({"name":"write","args":{"answer":true,"length":5}})"),
        std::string(R"({"name":"write","args":{"answer":false,"length":10.0}})"),
        std::string(kTable), claim_line("05.1", true), claim_line("05.1", false), last}) {
    reader.line(line);
  }
  return reader.answer(play);
}

TEST(Answer, IsACellOfTheRowThatBeginsSo) {
  EXPECT_EQ(answer({.scene = "a", .row = {"pipe", "fast"}, .column = "pauses"}), "7");
  EXPECT_EQ(answer({.scene = "a", .row = {"none"}}), "1 MiB");
  EXPECT_EQ(answer({.scene = "a", .table = "Ways", .row = {"none"}}), "1 MiB");
  EXPECT_EQ(answer({.scene = "a", .table = "Other", .row = {"none"}}), std::nullopt);
  EXPECT_EQ(answer({.scene = "a", .row = {"pipe"}}), std::nullopt) << "two rows";
  EXPECT_EQ(answer({.scene = "a", .row = {"none"}, .column = "x"}), std::nullopt);
  EXPECT_EQ(answer({.scene = "a", .row = {"none", "slow", "0", "1 MiB", ""}}),
            std::nullopt);
}

TEST(Answer, IsTheRowWithTheLeastOrTheMost) {
  EXPECT_EQ(answer({.scene = "a", .column = "pauses", .pick = "most"}), "pipe");
  EXPECT_EQ(answer({.scene = "a", .column = "pauses", .pick = "least"}), "none");
  EXPECT_EQ(answer({.scene = "a", .column = "queue", .pick = "most"}), "none");
  EXPECT_EQ(answer({.scene = "a", .column = "with", .pick = "most"}), std::nullopt);
}

TEST(Answer, IsWhetherAClaimHeldEachTime) {
  EXPECT_EQ(answer({.scene = "a", .claim = "05.1"}), "no");
  EXPECT_EQ(answer({.scene = "a", .claim = "05.2"}), std::nullopt);
}

TEST(Answer, IsWhatTheLastEventCarried) {
  EXPECT_EQ(answer({.scene = "a", .event = "write", .arg = "length"}), "10");
  EXPECT_EQ(answer({.scene = "a", .event = "write", .arg = "answer"}), "false");
  EXPECT_EQ(answer({.scene = "a", .event = "write", .arg = "x"}), std::nullopt);
}

TEST(Answer, OfARunThatBrokeOffIsNone) {
  EXPECT_EQ(answer({.scene = "a", .row = {"none"}}, ""), std::nullopt);
}

TEST(Play, RunsTheScenesOwnProgramWithItsKnobs) {
  const FakePlace fake;
  DrillItem played = item(Predict::number);
  played.play = {.scene = "ways", .knobs = {{"chunk", "7"}}, .row = {"none"}};
  played.lab = fake.lab(
      "5", "test \"$*\" = '--quick --json --scene ways --chunk 7' || exit 2\necho '" +
               std::string(kTable) + "'\necho '" + end_line(0, 1) + "'\nexit 1");
  EXPECT_EQ(SessionRuns(fake.place()).answer(played).answer, "1 MiB");
}

// A lab whose cell says how often it was run.
class SessionRunsTest : public testing::Test {
 protected:
  static std::string cell(const std::string& text) {
    return R"(echo '{"name":"T","cat":"table","args":{"columns":["",""],"rows":[["runs",")" +
           text + R"("],["other","x"]]}}')";
  }
  DrillItem asking(const std::string& row, const std::string& chunk = "7") const {
    DrillItem one = item(Predict::number);
    one.lab = lab_;
    one.play = {.scene = "ways", .knobs = {{"chunk", chunk}}, .row = {row}};
    return one;
  }

  const FakePlace fake_;
  const Lab lab_ =
      fake_.lab("5", "echo run >> \"$0.runs\"\n" + cell("'$(grep -c run \"$0.runs\")'") +
                         "\n" + "echo '" + end_line(0) + "'\n");
  SessionRuns runs_{fake_.place()};
};

TEST_F(SessionRunsTest, OneRunAnswersAllThatAskAboutItsScene) {
  EXPECT_FALSE(runs_.has_played(asking("runs")));
  EXPECT_EQ(runs_.answer(asking("runs")).answer, "1");
  EXPECT_TRUE(runs_.has_played(asking("other")));
  EXPECT_EQ(runs_.answer(asking("other")).answer, "x");
  EXPECT_THAT(runs_.answer(asking("nothing")).why, HasSubstr("no such cell"));
  EXPECT_EQ(runs_.answer(asking("runs")).answer, "1");
}

TEST_F(SessionRunsTest, OtherKnobsAndOtherSessionsAreOtherRuns) {
  EXPECT_EQ(runs_.answer(asking("runs")).answer, "1");
  EXPECT_EQ(runs_.answer(asking("runs", "8")).answer, "2");
  EXPECT_EQ(SessionRuns(fake_.place()).answer(asking("runs")).answer, "3");
}

TEST_F(SessionRunsTest, ARunThatBrokeOffIsPlayedAgain) {
  fake_.write("build/labs/05_second_thing.breaks", "");
  const Lab breaks = fake_.lab("5", "rm \"$0.breaks\" 2>&- && kill -9 $$\n" + cell("2") +
                                        "\necho '" + end_line(0) + "'\n");
  EXPECT_EQ(runs_.answer(asking("runs")).why, "the run broke off");
  EXPECT_FALSE(runs_.has_played(asking("runs")));
  EXPECT_EQ(runs_.answer(asking("runs")).answer, "2");
}

TEST(Play, SaysWhyThereIsNoAnswer) {
  const FakePlace fake;
  DrillItem played = item(Predict::number);
  played.play = {.scene = "ways", .row = {"none"}};
  const auto why = [&](const std::string& script) {
    played.lab = fake.lab("5", script);
    const PlayResult result = SessionRuns(fake.place()).answer(played);
    EXPECT_EQ(result.answer, std::nullopt);
    return result.why;
  };
  EXPECT_EQ(why("echo 'it needs redis-server' >&2; exit 77"), "it needs redis-server");
  EXPECT_EQ(why("kill -9 $$"), "the run broke off");
  EXPECT_THAT(why("echo '" + end_line(0) + "'"), HasSubstr("no such cell"));
  std::filesystem::remove(played.lab.program(fake.place()));
  EXPECT_THAT(SessionRuns(fake.place()).answer(played).why, HasSubstr("No such file"));
}

}  // namespace
}  // namespace runner
