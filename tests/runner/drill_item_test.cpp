#include <gmock/gmock.h>

#include "drill/item.hpp"
#include "fake_place.hpp"
#include "lab/core/error.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Lab kLab = Catalog::parse(FakePlace::kCatalog, "test").labs()[1];  // 05

std::vector<DrillItem> parsed(const std::string& fields) {
  return parse_drill("[{" + fields + "}]", kLab, "drill.json");
}

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse_drill(text, kLab, "drill.json"));
  } catch (const lab::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

// A scenario, and what is to be wrong with it.
std::string scenario(const std::string& rest) {
  return R"([{"id": "05-x", "kind": "scenario", "question": "?", )" + rest + "}]";
}

TEST(DrillItem, AScenarioSaysWhatToRunAndWhereTheAnswerStands) {
  const auto items =
      parsed(R"("id": "05-pauses", "kind": "scenario", "question": "How often?",
      "play": {"scene": "ways", "knobs": {"chunk": 65536, "way": "pipe"},
               "row": ["pipe", "slow"], "column": "pauses"},
      "predict": "number", "within": 10, "why": "The mark is reached.")");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].why, "The mark is reached.");
  EXPECT_EQ(items[0].kind, DrillItem::Kind::scenario);
  EXPECT_EQ(items[0].within, 10);
  EXPECT_THAT(items[0].play.row, ElementsAre("pipe", "slow"));
  EXPECT_THAT(items[0].play.flags(),
              ElementsAre("--scene", "ways", "--chunk", "65536", "--way", "pipe"));
}

TEST(DrillItem, AFollowUpHasItsAnswer) {
  const auto items = parsed(
      R"("id": "05-why", "kind": "followup", "question": "Why?", "answer": "So.")");
  EXPECT_EQ(items.at(0).kind, DrillItem::Kind::followup);
  EXPECT_EQ(items.at(0).answer, "So.");
}

TEST(DrillItem, TellsWhichItemIsWrongAndWhy) {
  EXPECT_EQ(refusal("{}"), "read drill.json: it is not a JSON list");
  EXPECT_EQ(refusal("[{"), "read drill.json: it is not a JSON list");
  EXPECT_THAT(refusal("[7]"), HasSubstr("item 1: is not an object"));
  EXPECT_THAT(refusal("[{}]"), HasSubstr("item 1: has no id"));
  EXPECT_THAT(refusal(R"([{"id": "01-x"}])"), HasSubstr("05-some-words"));
  EXPECT_THAT(refusal(R"([{"id": "05-../x"}])"), HasSubstr("05-some-words"));
  EXPECT_THAT(refusal(R"([{"id": "05-x"}])"), HasSubstr("05-x: has no question"));
  EXPECT_THAT(refusal(R"([{"id": "05-x", "question": 7}])"), HasSubstr("not a text"));
  const std::string one =
      R"({"id": "05-x", "kind": "followup", "question": "?", "answer": "!"})";
  EXPECT_THAT(refusal("[" + one + "," + one + "]"), HasSubstr("there twice"));
}

TEST(DrillItem, ItsAnswerMayNotBeWrittenDown) {
  EXPECT_THAT(refusal(scenario(R"("play": {"scene": "a", "claim": "05.1"},
                                  "predict": "outcome", "answer": "yes")")),
              HasSubstr("what is answer?"));
}

TEST(DrillItem, NeedsOnePlaceWhereTheAnswerStands) {
  for (const char* play :
       {R"({"scene": "a"})", R"({"scene": "a", "row": "x", "claim": "05.1"})",
        R"({"scene": "a", "row": []})", R"({"scene": "a", "row": [1]})",
        R"({"scene": "a", "pick": "least"})",
        R"({"scene": "a", "pick": "best", "column": "x"})",
        R"({"scene": "a", "event": "write"})", R"({"row": "x"})", R"("x")",
        R"({"scene": "a", "row": "x", "knobs": {"--json": 1}})",
        R"({"scene": "a", "row": "x", "knobs": {"a": [1]}})",
        R"({"scene": "a", "row": "x", "surprise": 1})"}) {
    EXPECT_THAT(refusal(scenario(std::string(R"("predict": "number", "play": )") + play)),
                HasSubstr("05-x: "))
        << play;
  }
}

TEST(DrillItem, AnOrderAndAChoiceHaveTwoToNineDifferentItems) {
  const auto told = [](const std::string& items, const char* predict = "choice") {
    return refusal(scenario(R"("play": {"scene": "a", "row": "x"}, "predict": ")" +
                            std::string(predict) + R"(", "items": )" + items));
  };
  EXPECT_EQ(told(R"(["a", "b"])"), "nothing was refused");
  EXPECT_THAT(told(R"(["1","b"])"), HasSubstr("predict a number instead"));
  EXPECT_THAT(told(R"(["a"])"), HasSubstr("2 to 9"));
  EXPECT_THAT(told(R"(["a","b","c","d","e","f","g","h","i","j"])"), HasSubstr("2 to 9"));
  EXPECT_THAT(told(R"(["a","a"])"), HasSubstr("twice"));
  EXPECT_THAT(told(R"([[]])"), HasSubstr("list of texts"));
  EXPECT_THAT(told(R"(["a","b"])", "number"), HasSubstr("only an order and a choice"));
  EXPECT_THAT(told(R"(["a","b"])", "guess"), HasSubstr("order, number, choice"));
}

TEST(DrillItem, SurvivesHostileText) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(refusal(deep), HasSubstr("not a JSON list"));
  EXPECT_THAT(refusal(std::string("\0\xff\xfe[", 4)), HasSubstr("not a JSON list"));
  EXPECT_THAT(refusal(scenario(R"("play": {"scene": "a", "row": "x"},
                                  "predict": "number", "within": 1e999)")),
              HasSubstr("drill.json"));
  EXPECT_THAT(refusal(scenario(R"("play": {"scene": "a", "row": "x"},
                                  "predict": "number", "within": 101)")),
              HasSubstr("percentage"));
}

TEST(DrillItem, TheQuestionItselfIsTheFirstWithTheSpokenAnswer) {
  const FakePlace fake;
  const auto folder = kLab.source(fake.place());
  fake.write(folder / "README.md", "# 5\n\n## The answer in 30 seconds\n\nIt\nslows.\n");
  ASSERT_EQ(drill_of(kLab, fake.place()).size(), 1u) << "also before its lab is written";
  fake.write(folder / "drill.json",
             R"([{"id": "05-why", "kind": "followup", "question": "?", "answer": "!"}])");
  const auto items = drill_of(kLab, fake.place());
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].id, "05-answer");
  EXPECT_EQ(items[0].question, kLab.question);
  EXPECT_EQ(items[0].answer, "It slows.");
  EXPECT_EQ(items[1].id, "05-why");
}

TEST(DrillItem, ALabWithoutAFileHasNone) {
  const FakePlace fake;
  EXPECT_TRUE(drill_of(kLab, fake.place()).empty());
}

}  // namespace
}  // namespace runner
