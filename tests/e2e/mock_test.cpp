// ./lab mock as a person has it: on a terminal, with good answers and weak ones.
#include <gmock/gmock.h>

#include "rehearse/interviews.hpp"
#include "runner/fake_place.hpp"
#include "runner/terminal80.hpp"

namespace runner {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class MockInterviewTest : public testing::Test {
 protected:
  MockInterviewTest() {
    fake_.write("labs/05_second_thing/README.md", R"(# 05

## The answer in 30 seconds

It slows the source. It never drops.

## What makes it a senior answer

- **A mark is no limit.** Because.

## The usual wrong answer

"*It limits the buffer.*" It does not.

## They will ask next

**And TCP?** It has a window.
)");
    fake_.write("labs/05_second_thing/drill.json", R"([
      {"id": "05-order", "kind": "scenario", "question": "Which comes first?",
       "play": {"scene": "one", "row": "order"}, "predict": "order", "items": ["a", "b"],
       "why": "b was queued first."}])");
    fake_.lab("5", R"(echo '{"name":"T","cat":"table","args":{"columns":["",""],)"
                   R"("rows":[["order","b > a"]]}}')"
                   "\necho '" +
                       end_line(0) + "'");
  }

  std::filesystem::path data() const { return fake_.place().root / "data"; }
  Interviews kept() const { return Interviews(data() / "underloop/interviews.ndjson"); }

  FakePlace fake_;
};

TEST_F(MockInterviewTest, AsksChecksAndReportsWhatWasWeak) {
  Terminal80 terminal(fake_.place(), data(), {"mock", "--lab", "5"});
  ASSERT_TRUE(terminal.shows("2:00 "));
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("Question 1"), Not(HasSubstr("never drops"))));
  terminal.type("\n");
  ASSERT_TRUE(terminal.asks());
  terminal.type("It slows.\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), AllOf(HasSubstr("It slows the source. It never drops."),
                                      HasSubstr("1  It slows the source."),
                                      HasSubstr("2  It never drops.")));
  terminal.type("3\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("could not read that"));
  terminal.type("1\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("1  A mark is no limit."));
  terminal.type("all\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("\"It limits the buffer.\""));
  terminal.type("maybe\n");
  ASSERT_TRUE(terminal.asks());
  terminal.type("n\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("1 of 2 points, 1 of 1 that a senior adds"),
                    HasSubstr("And TCP?")));
  terminal.type("\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("It has a window."), HasSubstr("Which comes first?")));
  terminal.type("?\n");
  EXPECT_FALSE(terminal.asks());
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("It was: b > a"), HasSubstr("1 question answered"),
                    HasSubstr("weakest points"), HasSubstr("It never drops."),
                    HasSubstr("./lab run 5")));
  const Interviews interviews = kept();
  ASSERT_EQ(interviews.all().size(), 1u);
  EXPECT_EQ(interviews.all()[0].said, 1);
  EXPECT_EQ(interviews.all()[0].senior, 1);
  EXPECT_FALSE(interviews.all()[0].wrong);
  EXPECT_EQ(interviews.all()[0].typed, "It slows.");
  EXPECT_THAT(interviews.all()[0].missed, ElementsAre("It never drops."));
}

TEST_F(MockInterviewTest, ComparesWithTheLastTime) {
  Interviews(data() / "underloop/interviews.ndjson")
      .add({.day = today() - std::chrono::days(3),
            .lab = "05",
            .said = 2,
            .points = 2,
            .senior_points = 1,
            .typed = "Then I said this."});
  Terminal80 terminal(fake_.place(), data(), {"mock", "--lab", "5"});
  ASSERT_TRUE(terminal.shows("2:00 "));
  terminal.type("\nNow this.\nall\n\ny\n");
  ASSERT_TRUE(terminal.shows("see ours > "));
  EXPECT_THAT(terminal.all(), AllOf(HasSubstr("The last time, 3 days ago: 2 of 2 points"),
                                    HasSubstr("Then you typed: Then I said this.")));
  terminal.type("q\n");
  EXPECT_FALSE(terminal.asks());
  EXPECT_TRUE(kept().last("05")->wrong);
}

TEST_F(MockInterviewTest, CtrlCKeepsWhatWasAnswered) {
  Terminal80 terminal(fake_.place(), data(), {"mock", "--lab", "5"});
  ASSERT_TRUE(terminal.shows("2:00 "));
  terminal.type("\n\nall\nall\nn\n");
  ASSERT_TRUE(terminal.shows("see ours > "));
  terminal.type("\x03");
  EXPECT_FALSE(terminal.asks());
  EXPECT_EQ(terminal.exit_code(), 130);
  EXPECT_THAT(terminal.all(), HasSubstr("1 question answered"));
  EXPECT_EQ(kept().all().size(), 1u);
}

TEST_F(MockInterviewTest, StopsAtTheFirstQuestionToo) {
  Terminal80 terminal(fake_.place(), data(), {"mock", "--lab", "5"});
  ASSERT_TRUE(terminal.shows("2:00 "));
  terminal.type("q\n");
  EXPECT_FALSE(terminal.asks());
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_THAT(terminal.all(), HasSubstr("0 questions answered"));
  EXPECT_TRUE(kept().all().empty());
}

}  // namespace
}  // namespace runner
