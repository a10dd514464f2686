#include "rehearse/sitting.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "core/aside.hpp"
#include "fake_place.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond;

std::string page(const std::string& name, bool asks_next = true) {
  return "# 0\n\n## The answer in 30 seconds\n\nIt is " + name +
         ". It ends.\n\n| sentence | by |\n| --- | --- |\n| It is " + name +
         ". | 05.1 |\n| It ends. | 05.2, 05.3 |\n\n"
         "## What makes it a senior answer\n\n- **Why it ends.** x\n\n"
         "## The usual wrong answer\n\n\"*It never ends.*\" No.\n\n" +
         (asks_next ? "## They will ask next\n\n**Why?** Because.\n" : "");
}

class SittingTest : public testing::Test {
 protected:
  SittingTest() {
    place_.write("labs/01_first/README.md", page("one"));
    place_.write("labs/05_second_thing/README.md", page("two"));
  }

  std::filesystem::path folder() const { return place_.place().root / "data"; }
  std::filesystem::path file() const { return folder() / "mock.json"; }
  MockSitting here() {
    return {of_, catalog_, folder(), [this] { return now_; }};
  }
  std::vector<Interview> kept() const {
    return Interviews(folder() / "interviews.ndjson").all();
  }
  void answer(MockSitting& one, const Ticked& ticked = {}) const {
    one.said();
    one.compare("");
    one.grade(ticked);
  }

  FakePlace place_;
  const Catalog catalog_ = place_.catalog();
  const Place of_ = place_.place();
  std::int64_t now_ = 1'800'000'000'000;
};

TEST_F(SittingTest, AsksEachQuestionOnceAndThenReports) {
  MockSitting one = here();
  EXPECT_EQ(one.state().phase, MockPhase::none);
  one.begin({.seed = 1});
  std::set<std::string> asked;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(one.state().phase, MockPhase::asked);
    asked.insert(one.lab().number);
    answer(one, {{1}, {}, false});
    EXPECT_EQ(one.state().phase, MockPhase::follow);
    EXPECT_EQ(one.state().follow_up->answer, "Because.");
    one.follow_up_seen();  // no program is built, so nothing is to be predicted
  }
  EXPECT_EQ(one.state().phase, MockPhase::report);
  EXPECT_THAT(asked, ElementsAre("01", "05"));
  EXPECT_THAT(kept(), SizeIs(2));
  EXPECT_THAT(kept()[0].missed, ElementsAre("It ends."));
  one.close();
  EXPECT_EQ(one.state().phase, MockPhase::none);
}

TEST_F(SittingTest, TheSameSeedAsksTheSameAlsoWhenItIsTakenUpAgain) {
  std::vector<std::string> whole, parts;
  MockSitting one = here();
  one.begin({.seed = 7});
  while (one.state().phase != MockPhase::report) {
    whole.push_back(one.lab().number);
    answer(one);
    one.follow_up_seen();
  }
  std::filesystem::remove_all(folder());
  here().begin({.seed = 7});
  while (here().state().phase != MockPhase::report) {
    MockSitting again = here();
    parts.push_back(again.lab().number);
    answer(again);
    here().follow_up_seen();
  }
  EXPECT_EQ(whole, parts);
}

TEST_F(SittingTest, TheClockRunsAlsoWhileYouAreAway) {
  here().begin({.seconds = 120});
  now_ += 119 * kSecond;
  EXPECT_EQ(here().left(), kSecond);
  now_ += kSecond;
  EXPECT_EQ(here().left(), 0);
  now_ += 10 * kMinute;
  MockSitting again = here();
  EXPECT_EQ(again.left(), 0);
  again.said();
  EXPECT_EQ(again.state().took, 120);
}

TEST_F(SittingTest, AClockThatWasSetBackTakesNoTimeAway) {
  here().begin({.seconds = 120});
  now_ -= 60 * kMinute;
  MockSitting again = here();
  again.said();
  EXPECT_EQ(again.state().took, 0);
}

TEST_F(SittingTest, AfterItsMinutesThereIsNoNewQuestion) {
  MockSitting one = here();
  one.begin({.minutes = 10, .seed = 1});
  now_ += 10 * kMinute - 1;
  EXPECT_FALSE(one.is_over());
  answer(one);
  now_ += 1;
  EXPECT_TRUE(one.is_over());
  one.follow_up_seen();
  EXPECT_EQ(one.state().phase, MockPhase::report);
  EXPECT_THAT(one.state().done, SizeIs(1));
}

TEST_F(SittingTest, WhatWasTypedAndTickedIsThereAgain) {
  here().begin({.lab = "5"});
  here().said();
  here().draft("It is two");
  EXPECT_EQ(here().state().typed, "It is two");
  here().compare("It is two.");
  here().draft(Ticked{{2}, {1}, true});
  const MockSitting again = here();
  EXPECT_EQ(again.state().phase, MockPhase::check);
  EXPECT_EQ(again.state().typed, "It is two.");
  EXPECT_THAT(again.state().ticked.said, ElementsAre(2));
  EXPECT_THAT(again.state().ticked.senior, ElementsAre(1));
  EXPECT_TRUE(again.state().ticked.wrong);
  EXPECT_THAT(kept(), IsEmpty()) << "it is not graded yet";
}

TEST_F(SittingTest, EndingKeepsWhatWasGradedAndDropsTheOpenQuestion) {
  MockSitting one = here();
  one.begin({.seed = 1});
  answer(one, {{1, 2}, {}, false});
  one.follow_up_seen();
  one.end();
  EXPECT_EQ(one.state().phase, MockPhase::report);
  EXPECT_THAT(one.state().done, SizeIs(1));
  EXPECT_THAT(kept(), SizeIs(1));
}

TEST_F(SittingTest, ComparesWithTheLastTime) {
  Interviews(folder() / "interviews.ndjson")
      .add({.day = today(), .lab = "05", .said = 1, .points = 2, .typed = "Then this."});
  MockSitting one = here();
  one.begin({.lab = "5"});
  answer(one, {{1, 2}, {}, false});
  ASSERT_TRUE(one.state().before);
  EXPECT_EQ(one.state().before->typed, "Then this.");
}

TEST_F(SittingTest, AStepThatMakesNoSenseChangesNothing) {
  MockSitting one = here();
  EXPECT_THROW(one.said(), Usage);
  EXPECT_THROW(one.end(), Usage);
  EXPECT_THROW(one.close(), Usage);
  EXPECT_THROW(one.begin({.section = "nowhere"}), Usage);
  EXPECT_THROW(one.begin({.lab = "10"}), Usage) << "it has no page";
  EXPECT_FALSE(exists(file()));
  one.begin({.lab = "5"});
  for (const auto& step : std::vector<std::function<void()>>{
           [&] { one.begin({}); }, [&] { one.compare("x"); }, [&] { one.grade({}); },
           [&] { one.follow_up_seen(); }, [&] { one.next(); }, [&] { one.close(); }})
    EXPECT_THROW(step(), Usage);
  one.said();
  EXPECT_THROW(one.draft(std::string(8001, 'x')), Usage);
  EXPECT_THROW(one.compare(std::string(8001, 'x')), Usage);
  one.compare(std::string(8000, 'x'));
  for (const Ticked& wrong :
       {Ticked{{0}, {}, false}, Ticked{{3}, {}, false}, Ticked{{}, {2}, false}}) {
    EXPECT_THROW(one.grade(wrong), Usage);
    EXPECT_THROW(one.draft(wrong), Usage);
  }
  EXPECT_EQ(one.state().phase, MockPhase::check);
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(SittingTest, APredictionOfAnotherItemIsNoneOfIts) {
  place_.lab("5", "true");
  place_.write("labs/05_second_thing/drill.json", R"([
      {"id": "05-x", "kind": "scenario", "question": "Does it?",
       "play": {"scene": "one", "claim": "05.1"}, "predict": "outcome", "why": "so"}])");
  MockSitting one = here();
  one.begin({.lab = "5"});
  answer(one);
  one.predicted("05-x", {.right = true});
  EXPECT_FALSE(one.state().prediction) << "it is not asked yet";
  one.follow_up_seen();
  EXPECT_EQ(one.state().item, "05-x");
  one.predicted("05-y", {.right = true});
  EXPECT_FALSE(one.state().prediction);
  one.predicted("05-x", {.right = false, .answer = "yes"});
  one.predicted("05-x", {.right = true});
  ASSERT_TRUE(here().state().prediction);
  EXPECT_EQ(here().state().prediction->right, false) << "the first one counts";
  one.next();
  EXPECT_EQ(one.state().done[0].predicted, false);
}

TEST_F(SittingTest, ADamagedOneIsSetAsideAndAnotherCanBegin) {
  MockSitting one = here();
  one.begin({.lab = "5"});
  answer(one);
  std::ifstream stream(file());
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  std::size_t aside = 0;
  const auto with = [&](std::string from, const std::string& to) {
    std::string text = whole;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), whole.substr(0, 200),
        with("\"follow\"", "\"nowhere\""), with("\"05\"", "\"77\""),
        with("\"minutes\": 30", "\"minutes\": \"30\""), std::string(100'000, '[')}) {
    std::ofstream(file()) << text;
    MockSitting again = here();
    EXPECT_EQ(again.state().phase, MockPhase::none) << text.substr(0, 300);
    EXPECT_EQ(kept_aside(folder()).size(), ++aside);
  }
  MockSitting again = here();
  again.begin({.lab = "5"});
  EXPECT_THAT(kept(), SizeIs(1)) << "answers are elsewhere";
}

TEST(Report, SaysWhatWentWellAndTheThreeWeakestPoints) {
  const FakePlace place;
  place.write("labs/01_first/README.md", page("one"));
  place.write("labs/05_second_thing/README.md", page("two"));
  const auto labs = place.catalog().labs();
  Answered good{labs[0], {.lab = "01"}, {}, true},
      weak{labs[1], {.lab = "05"}, {}, false};
  grade(good, page_of(labs[0], place.place()), {{1, 2}, {}, false});
  grade(weak, page_of(labs[1], place.place()), {{1}, {1}, true});
  const auto [well, points] = report_of({good, weak}, place.place());
  EXPECT_THAT(well,
              ElementsAre("What is first? 2 of 2 points, you predicted what the run did.",
                          "What then? 1 of 1 that a senior adds."));
  ASSERT_THAT(points, SizeIs(3));
  EXPECT_EQ(points[0].text, "You gave the usual wrong answer: \"It never ends.\"");
  EXPECT_EQ(points[1].text, "It ends.");
  EXPECT_EQ(points[1].claim, "05.2");
  EXPECT_EQ(points[2].command, "./lab drill --lab 5");
  const auto of_both = report_of({weak, weak}, place.place()).weak;
  ASSERT_THAT(of_both, SizeIs(3));
  EXPECT_EQ(of_both[0].text, of_both[1].text) << "each answer in turn";
  EXPECT_EQ(of_both[2].text, "It ends.");
  EXPECT_THAT(report_of({good}, place.place()).weak, SizeIs(1)) << "what a senior adds";
  EXPECT_THAT(report_of({}, place.place()).weak, IsEmpty());
}

}  // namespace
}  // namespace runner
