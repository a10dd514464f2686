// ./lab bench --peers: what its plans may say, that it compares equal work only, and how
// honest its "no difference" is.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "fake_place.hpp"
#include "lab/error.hpp"
#include "peers_contest.hpp"
#include "peers_report.hpp"

namespace runner {
namespace {

using testing::HasSubstr;

constexpr const char* kCase = R"({"name": "N", "operation": "a call", "unit": "ns",
  "clock": "wall", "check": 10, "contestants": [%], "goals": [^]})";

std::string plan(const std::string& contestants, const std::string& goals = "") {
  std::string one = kCase;
  one.replace(one.find('%'), 1, contestants);
  one.replace(one.find('^'), 1, goals);
  return R"({"lab": "05", "cases": [)" + one + "]}";
}

std::string contestant(const std::string& name, const std::string& script,
                       const std::string& more = "") {
  return R"({"name": ")" + name + R"(", "run": ["sh", "-c", ")" + script +
         R"(", "sh", "{count}"], "count": 100)" + more + "}";
}

// A shell script that says it took so many nanoseconds for all, and what came out.
std::string says(int ns, const std::string& check) {
  return R"(printf '{\"operations\": %s, \"ns\": )" + std::to_string(ns) +
         R"(, \"cpu_ns\": 1, \"check\": \")" + check + R"(\"}' $1)";
}

const std::string kOurs = R"(, "kind": "ours")";

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const lab::Error& error) {
    return error.what();
  }
  return "it did not throw";
}

std::string refusal(const std::string& text) {
  return message_of([&] { (void)Plan::parse(text, "bench/peers/05.json"); });
}

TEST(Plan, SaysWhichFileIsWrongAndWhy) {
  const std::string one = contestant("a", "true", kOurs);
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "parse error"},
           {"[]", "cannot use"},
           {R"({"lab": "05"})", "cases"},
           {plan(""), "is ours"},
           {plan(one + "," + contestant("b", "true", kOurs)), "is ours"},
           {plan(one + "," + contestant("a", "true")), "are called a"},
           {plan(one, R"({"of": "a", "over": "x", "at_least": 2})"), "no contestant x"},
           {plan(contestant("a", "true", R"(, "kind": "mine")")), "not mine"},
           {plan(contestant("a", "true", kOurs + R"(, "beyond": "z")")),
            "no contestant z"}}) {
    EXPECT_THAT(refusal(text), HasSubstr("bench/peers/05.json")) << text;
    EXPECT_THAT(refusal(text), HasSubstr(why)) << text;
  }
}

class ContestTest : public testing::Test {
 protected:
  Contest play(const std::string& contestants, const std::string& goals = "",
               int rounds = 7) {
    const Plan read = Plan::parse(plan(contestants, goals), "test");
    return hold(read.cases[0], rounds, place_.place(),
                [this](const Contestant& who, int) { order_ += who.name; });
  }
  FakePlace place_;
  std::string order_;
};

TEST_F(ContestTest, MeasuresInTurnsAndEachRoundBeginsWithAnother) {
  play(contestant("a", says(500, "x"), kOurs) + "," + contestant("b", says(900, "x")), "",
       3);
  EXPECT_EQ(order_, "abbaab");
}

TEST_F(ContestTest, TellsARatioAndWhetherAGoalIsMet) {
  const Contest contest = play(
      contestant("a", says(500, "x"), kOurs) + "," + contestant("b", says(2000, "x")),
      R"({"of": "b", "over": "a", "at_least": 3}, {"of": "b", "over": "a", "at_least": 5})");
  const auto ratio = contest.beside_ours(contest.standing("b"));
  ASSERT_TRUE(ratio);
  EXPECT_DOUBLE_EQ(ratio->middle, 4);
  EXPECT_TRUE(contest.reached(contest.of.goals[0])->met());
  EXPECT_FALSE(contest.reached(contest.of.goals[1])->met());
  const lab::Terminal plain(false, false, 80);
  EXPECT_THAT(contest_text(contest, plain), HasSubstr("× 4.00"));
}

TEST_F(ContestTest, ComparesWhatIsBeyondTheBareCall) {
  const Contest contest =
      play(contestant("bare", says(400, "-"), R"(, "kind": "limit")") + "," +
           contestant("a", says(500, "x"), kOurs + R"(, "beyond": "bare")") + "," +
           contestant("b", says(900, "x"), R"(, "beyond": "bare")"));
  EXPECT_NEAR(contest.beside_ours(contest.standing("b"))->middle, 5, 1e-6);
}

TEST_F(ContestTest, RefusesToCompareWhatIsNotTheSameWork) {
  EXPECT_THAT(message_of([this] {
                play(contestant("a", says(5, "10 good"), kOurs) + "," +
                     contestant("b", says(5, "9 good")));
              }),
              HasSubstr("not the same work: a got \"10 good\", b \"9 good\""));
  EXPECT_EQ(order_, "");
}

TEST_F(ContestTest, SaysWhoFailedAndWhy) {
  for (const auto& [script, why] : std::vector<std::pair<std::string, std::string>>{
           {"echo broken >&2; exit 3", "broken"},
           {"echo hello", "parse error"},
           {says(0, "x"), "no time"},
           {"printf '{}'", "operations"}}) {
    EXPECT_THAT(
        message_of([&, script = script] { play(contestant("a", script, kOurs)); }),
        testing::AllOf(HasSubstr("measure a"), HasSubstr(why)));
  }
}

TEST_F(ContestTest, WhatIsNotInstalledTakesNoPartAndIsNamed) {
  const Contest contest =
      play(contestant("a", says(500, "x"), kOurs) + "," +
           contestant("b", says(500, "x"), R"(, "package": "no-such-package")") + "," +
           contestant("c", says(500, "x"), R"(, "program": "no-such-program")"));
  const std::string text = contest_text(contest, {false, false, 80});
  EXPECT_THAT(text, HasSubstr("npm ci --prefix bench/peers installs no-such-package"));
  EXPECT_THAT(text, HasSubstr("no-such-program is not installed"));
}

// A program's round as a machine gives it: some noise, and now and then something else ran.
double round_of(double ns, std::mt19937& random) {
  std::lognormal_distribution<double> noise(0, 0.03);
  std::uniform_real_distribution<double> any(0, 1);
  return ns * noise(random) * (any(random) < 0.1 ? 1.5 : 1);
}

int differences(double ns_of_b, int contests) {
  std::mt19937 random(7);
  int told = 0;
  for (int i = 0; i < contests; ++i) {
    std::vector<double> ratios;
    for (int round = 0; round < 21; ++round) {
      ratios.push_back(round_of(ns_of_b, random) / round_of(100, random));
    }
    told += !ratio_interval(ratios).says_nothing();
  }
  return told;
}

TEST(Honesty, TwoCopiesOfOneProgramAreSaidToBeEqual) {
  EXPECT_LE(differences(100, 200), 10);  // at least 95 of 100
}

TEST(Honesty, ACopyThatIsTenPercentSlowerIsSaidToBe) {
  EXPECT_GE(differences(110, 200), 190);
}

TEST(Interval, HoldsItsMedianAndIsNarrowWhereAllRoundsAgree) {
  const std::vector<double> same(15, 2.0), two = {1, 1, 1, 9, 9, 9, 9};
  EXPECT_EQ(ratio_interval(same).low, 2.0);
  EXPECT_EQ(ratio_interval(same).high, 2.0);
  EXPECT_EQ(ratio_interval(two).middle, 9.0);
  EXPECT_TRUE(ratio_interval(two).says_nothing());
}

}  // namespace
}  // namespace runner
