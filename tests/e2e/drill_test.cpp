// ./lab drill as a person has it: on a terminal, with wrong answers and right ones, until
// nothing is due; stopped in the middle; and without a terminal.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <regex>

#include "drill/store.hpp"
#include "runner/fake_place.hpp"
#include "runner/terminal80.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DrillTest : public testing::Test {
 protected:
  fs::path data() const { return fake_.place().root / "data"; }
  fs::path file() const { return data() / "underloop" / "drill.json"; }
  std::string kept() const {
    std::ifstream stream(file());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // A lab whose run has b before a, and a follow-up.
  void small_lab(const std::string& also = "") {
    fake_.write("labs/05_second_thing/drill.json", R"([
      {"id": "05-order", "kind": "scenario", "question": "Which comes first?",
       "play": {"scene": "one", "row": "order"}, "predict": "order", "items": ["a", "b"],
       "why": "b was queued first."},
      {"id": "05-why", "kind": "followup", "question": "Why?", "answer": "Because."}])");
    fake_.lab("5", also +
                       R"(echo '{"name":"T","cat":"table","args":{"columns":["",""],)"
                       R"("rows":[["order","b > a"]]}}')" +
                       "\necho '" + end_line(0) + "'");
  }

  // What the drill prints without a terminal.
  std::string piped(const std::string& input, const std::string& flags = "") {
    fake_.write("typed", input);
    const std::string command = "UNDERLOOP_ROOT=" + fake_.place().root.string() +
                                " UNDERLOOP_BUILD=" + fake_.place().build.string() +
                                " XDG_DATA_HOME=" + data().string() + " timeout 60 " +
                                lab::test::built("runner/underloop drill ") + flags +
                                " < " + (fake_.place().root / "typed").string() + " > " +
                                (fake_.place().root / "output").string() + " 2>&1";
    const int status = std::system(command.c_str());
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    std::ifstream output(fake_.place().root / "output");
    return {std::istreambuf_iterator<char>(output), {}};
  }

  FakePlace fake_;
  int code_ = -1;
};

TEST_F(DrillTest, AWrongAnswerComesBackUntilItIsRight) {
  small_lab();
  Terminal80 terminal(fake_.place(), data(), {"drill"});
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("1 of 2"), HasSubstr("Which comes first?")));
  terminal.type("a b\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("✘ It was: b > a"), HasSubstr("b was queued first."),
                    HasSubstr("Why?"), Not(HasSubstr("Because."))));
  terminal.type("\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("Because."));
  terminal.type("9\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("0 to 5"));
  terminal.type("5\n");
  ASSERT_TRUE(terminal.asks());
  EXPECT_THAT(terminal.shown(), AllOf(HasSubstr("due tomorrow"), HasSubstr("once more"),
                                      HasSubstr("Which comes first?")));
  terminal.type("b a\n");
  EXPECT_FALSE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("✔ Right: b > a"), HasSubstr("b was queued first."),
                    HasSubstr("2 items answered: 1 known, 1 not yet")));
  EXPECT_EQ(terminal.exit_code(), 0);
}

TEST_F(DrillTest, WhatIsDueComesBackAndIsAskedOnceWhenItIsKnown) {
  small_lab();
  piped("b a\n\n4\n");
  EXPECT_THAT(piped(""), HasSubstr("Nothing is due"));
  fake_.write("data/underloop/drill.json",
              std::regex_replace(kept(), std::regex("\"due\": \"[0-9-]+\""),
                                 "\"due\": \"2020-02-02\""));
  EXPECT_THAT(piped("b a\n\n4\n"),
              AllOf(HasSubstr("2 items answered: 2 known, 0 not yet"),
                    Not(HasSubstr("once more"))));
}

TEST_F(DrillTest, CtrlCAtAQuestionKeepsWhatWasAnswered) {
  small_lab();
  Terminal80 terminal(fake_.place(), data(), {"drill"});
  ASSERT_TRUE(terminal.asks());
  terminal.type("b a\n");
  ASSERT_TRUE(terminal.asks());
  terminal.type("\x03");
  EXPECT_FALSE(terminal.asks());
  EXPECT_THAT(terminal.shown(),
              HasSubstr("1 item answered: 1 known, 0 not yet; 1 left for the next time"));
  EXPECT_EQ(terminal.exit_code(), 128 + SIGINT);
  EXPECT_THAT(kept(), HasSubstr("05-order"));
}

TEST_F(DrillTest, CtrlCWhileALabRunsEndsTheLabToo) {
  small_lab("echo $$ > \"$0.pid\"; sleep 100 & wait\n");
  Terminal80 terminal(fake_.place(), data(), {"drill"});
  ASSERT_TRUE(terminal.asks());
  terminal.type("b a\n");
  ASSERT_TRUE(terminal.shows("running ./lab run 5 --scene one\n"));
  terminal.type("\x03");
  EXPECT_FALSE(terminal.asks());
  EXPECT_THAT(terminal.shown(), HasSubstr("0 items answered"));
  EXPECT_EQ(terminal.exit_code(), 128 + SIGINT);
  EXPECT_EQ(kept(), "");
}

TEST_F(DrillTest, ASceneIsPlayedOnceForAllItsItems) {
  small_lab("echo run >> \"$0.runs\"\n");
  fake_.write("labs/05_second_thing/drill.json", R"([
      {"id": "05-first", "kind": "scenario", "question": "Which comes first?",
       "play": {"scene": "one", "row": "order"}, "predict": "order", "items": ["a", "b"],
       "why": "b was queued first."},
      {"id": "05-again", "kind": "scenario", "question": "And in which order?",
       "play": {"scene": "one", "row": "order"}, "predict": "order", "items": ["a", "b"],
       "why": "b was queued first."}])");
  const std::string text = piped("a b\nb a\nb a\n");
  EXPECT_THAT(text, AllOf(HasSubstr("running ./lab run 5 --scene one"),
                          HasSubstr("judged by the run above: ./lab run 5 --scene one"),
                          HasSubstr("2 items answered: 1 known, 1 not yet")));
  std::ifstream runs(fake_.place().build / "labs/05_second_thing.runs");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(runs), {}), "run\n");
}

TEST_F(DrillTest, WithoutATerminalItReadsLinesAndEndsWithThem) {
  small_lab();
  const std::string text = piped("nonsense\n2 1 1\nb a\n\n");
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(text, AllOf(HasSubstr("I could not read that"), HasSubstr("✔ Right: b > a"),
                          HasSubstr("Because."), HasSubstr("1 left for the next time"),
                          Not(HasSubstr("\x1b"))));
  EXPECT_THAT(piped(""), HasSubstr("0 items answered"));
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(piped("b a", "--all"), HasSubstr("Why?"));
}

TEST_F(DrillTest, SurvivesHostileInput) {
  small_lab();
  std::string bytes(100'000, 'x');
  bytes += "\n\x1b[2J\xff\xfe\n";
  bytes += std::string("\0\0", 2) + "\nb a\nq\n";
  const std::string text = piped(bytes);
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(text, AllOf(HasSubstr("✔ Right: b > a"), Not(HasSubstr("\x1b"))));
  EXPECT_LT(text.size(), 20'000u);
}

TEST_F(DrillTest, AScenarioThatCannotRunIsPassedOver) {
  small_lab("echo 'lab: it needs redis-server' >&2; exit 77\n");
  const std::string text = piped("b a\n\n4\n");
  EXPECT_THAT(text, AllOf(HasSubstr("This cannot be judged: lab: it needs redis-server"),
                          HasSubstr("1 item answered: 1 known")));
  EXPECT_THAT(kept(), Not(HasSubstr("05-order")));
}

TEST_F(DrillTest, ForgetsOnlyWhenAskedTwice) {
  small_lab();
  piped("b a\nq\n");
  EXPECT_THAT(piped("no\n", "--reset"), HasSubstr("Nothing was forgotten"));
  EXPECT_EQ(code_, 1);
  piped("", "--reset");
  EXPECT_THAT(piped("", "--list"), HasSubstr("due tomorrow, known 1 of 1"));
  EXPECT_THAT(piped("yes\n", "--reset"), HasSubstr("Forgotten."));
  EXPECT_THAT(piped("", "--list"), Not(HasSubstr("due")));
}

TEST_F(DrillTest, TellsWhatIsThereWhenAskedForWhatIsNot) {
  small_lab();
  EXPECT_THAT(piped("", "--lab 7"), HasSubstr("lab"));
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(piped("", "--section zoo"), HasSubstr("there are One; Two"));
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(piped("q\n", "--section one"), HasSubstr("1 of 2"));
  piped("", "--section two");
  EXPECT_EQ(code_, 2);
}

TEST_F(DrillTest, ADamagedFileIsToldOfAndTheDrillGoesOn) {
  small_lab();
  fake_.write("data/underloop/drill.json", "}{");
  const std::string text = piped("b a\nq\n");
  EXPECT_THAT(text, AllOf(HasSubstr("is damaged"), HasSubstr("drill.json.damaged-1"),
                          HasSubstr("1 item answered")));
  EXPECT_EQ(code_, 0);
}

}  // namespace
}  // namespace runner
