// ./lab bench --peers: what its plans may say, that it compares equal work only, and how
// honest its "no difference" is.
#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>

#include "fake_place.hpp"
#include "lab/core/error.hpp"
#include "peers/contest.hpp"
#include "peers/picture.hpp"
#include "peers/service.hpp"

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
std::string says(int ns, const std::string& check, const std::string& more = "") {
  return R"(printf '{\"operations\": %s, \"ns\": )" + std::to_string(ns) +
         R"(, \"cpu_ns\": 1, \"check\": \")" + check + R"(\")" + more + R"(}' $1)";
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
    return hold(read.cases[0], {.rounds = rounds, .least = rounds}, place_.place(),
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

TEST_F(ContestTest, AGoalMayBeOfTheSlowestHundredthOrOfNanoseconds) {
  const Contest contest = play(
      contestant("a", says(500, "x", R"(, \"p99_ns\": 2000)"), kOurs) + "," +
          contestant("b", says(500, "x", R"(, \"p99_ns\": 9000)")),
      R"({"of": "b", "over": "a", "at_least": 4, "p99": true}, {"of": "a", "under_ns": 6},
         {"of": "a", "under_ns": 5})");
  EXPECT_DOUBLE_EQ(contest.reached(contest.of.goals[0])->value.middle, 4.5);
  EXPECT_TRUE(contest.reached(contest.of.goals[1])->met());   // 500 ns for 100
  EXPECT_FALSE(contest.reached(contest.of.goals[2])->met());  // 5 is not under 5
  const std::string text = contest_text(contest, {false, false, 80});
  EXPECT_THAT(text, HasSubstr("no difference, p99 9 µs"));
  EXPECT_THAT(text, HasSubstr("goal: a under 6 ns; it is 5.0"));
}

TEST_F(ContestTest, ABudgetEndsItButNotBeforeTheLeast) {
  const std::string one = contestant("a", says(500, "x"), kOurs);
  const Plan read = Plan::parse(plan(one), "test");
  const Contest contest = hold(read.cases[0], {.rounds = 9, .least = 3, .budget = {}},
                               place_.place(), [](const Contestant&, int) {});
  EXPECT_EQ(contest.standing("a").rounds.size(), 3u);
}

TEST_F(ContestTest, AServiceOffersWordsAndGoesWithItsContest) {
  lab::test::OwnRun run;
  pid_t pid = 0;
  {
    const Service service(
        {"sh", "-c", R"(echo '{"url": "there", "pid": "'$$'"}' > "$1"; exec sleep 600)",
         "sh", "{offer}"},
        place_.place());
    pid = std::stoi(service.offered().at("pid"));
    EXPECT_EQ(kill(pid, 0), 0);
    const Ground ground(place_.place(), service.offered());
    EXPECT_EQ(filled({"a", "to={url}", "{count}"}, ground, 7),
              (std::vector<std::string>{"a", "to=there", "7"}));
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(ContestTest, AServiceThatDoesNotStartSaysWhy) {
  lab::test::OwnRun run;
  EXPECT_THAT(
      message_of([this] {
        const Service service({"sh", "-c", "echo no room >&2; exit 1"}, place_.place());
      }),
      HasSubstr("no room"));
}

TEST_F(ContestTest, WhatWasNotBuiltTakesNoPart) {
  const Contest contest =
      play(contestant("a", says(500, "x"), kOurs) + "," +
           R"({"name": "b", "run": ["{build}/peers_99"], "count": 1})");
  EXPECT_THAT(contest_text(contest, {false, false, 80}),
              HasSubstr("peers_99 was not built"));
}

TEST_F(ContestTest, TheFileHoldsWhatTheReadmeSays) {
  const Contest contest = play(
      contestant("a", says(500, "x"), kOurs) + "," + contestant("b", says(2000, "x")),
      R"({"of": "b", "over": "a", "at_least": 3})");
  const Machine machine{.cores = 2, .cpu = "cpu <1>", .load = 0.5};
  const auto json = nlohmann::json::parse(contests_json("05", machine, {contest}));
  EXPECT_EQ(json["schema"], "underloop/peers/1");
  EXPECT_EQ(json["machine"]["busy"], false);
  const auto& one = json["cases"][0];
  EXPECT_EQ(one["contestants"][1]["beside_ours"]["middle"], 4.0);
  EXPECT_EQ(one["contestants"][1]["rounds_ns"].size(), 7u);
  EXPECT_EQ(one["goals"][0]["met"], true);
  const std::string svg = contests_svg("05 · What then?", machine, {contest});
  EXPECT_THAT(svg, HasSubstr("cpu &lt;1&gt;"));
  const std::string page = index_page(machine, {{"05", "What then?", "<table>"}});
  EXPECT_THAT(page, HasSubstr("&lt;table&gt;"));
  EXPECT_THAT(page, HasSubstr("peers_05.svg"));
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
           contestant("c", says(500, "x"), R"(, "program": "no-such-program")") + "," +
           contestant("d", "echo not as root >&2; exit 77"));
  const std::string text = contest_text(contest, {false, false, 80});
  EXPECT_THAT(text, HasSubstr("npm ci --prefix bench/peers installs no-such-package"));
  EXPECT_THAT(text, HasSubstr("no-such-program is not installed"));
  EXPECT_THAT(text, HasSubstr("not as root"));
}

// A machine on which two take turns: each round has some noise, now and then something
// else ran, and all gets slower for a while and faster again, for both alike.
struct Noise {
  double usual = 0.03;
  double disturbed = 0.1;  // of all rounds, which then take half as long again
  double drift = 0;

  double round_of(double ns, int round, std::mt19937& random) const {
    std::lognormal_distribution<double> each(0, usual);
    std::uniform_real_distribution<double> any(0, 1);
    return ns * each(random) * (any(random) < disturbed ? 1.5 : 1) *
           (1 + drift * std::sin(round));
  }
};

// Of 100 contests of so many rounds: how many told a difference.
int differences(double ns_of_b, const Noise& noise, int rounds) {
  std::mt19937 random(7);
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      ratios.push_back(noise.round_of(ns_of_b, round, random) /
                       noise.round_of(100, round, random));
    }
    told += !ratio_interval(ratios).says_nothing();
  }
  return told;
}

const Noise kQuiet{}, kDrifting{.drift = 0.4}, kBusy{.usual = 0.06, .disturbed = 0.3};

TEST(Honesty, TwoCopiesOfOneProgramAreSaidToBeEqual) {
  EXPECT_LE(differences(100, kQuiet, 21), 5);  // at least 95 of 100
  EXPECT_LE(differences(100, kDrifting, 21), 5);
  EXPECT_LE(differences(100, kBusy, 42), 5);
  EXPECT_LE(differences(100, kQuiet, 7), 5);  // --quick
}

TEST(Honesty, ACopyThatIsTenPercentSlowerIsSaidToBe) {
  EXPECT_GE(differences(110, kQuiet, 21), 95);
  EXPECT_GE(differences(110, kDrifting, 21), 95);
}

// Real processes and a real clock: what comes out has sense, whoever else computes here.
TEST_F(ContestTest, TwoCopiesOfARealProgramAreMeasured) {
  const std::string counts =
      "a=$(date +%s%N); i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; "
      R"(printf '{\"operations\": 1, \"ns\": %s, \"cpu_ns\": 1, \"check\": \"-\"}' )"
      "$(($(date +%s%N) - a))";
  const Contest contest =
      play(contestant("a", counts, kOurs) + "," + contestant("b", counts));
  const auto ratio = contest.beside_ours(contest.standing("b"));
  ASSERT_TRUE(ratio);
  EXPECT_GT(ratio->low, 0);
  EXPECT_LE(ratio->low, ratio->middle);
  EXPECT_LE(ratio->middle, ratio->high);
}

TEST(Reached, IsSureWhereItsWholeIntervalIsOnOneSide) {
  const Goal three{.of = "b", .over = "a", .at_least = 3},
      soon{.of = "a", .under_ns = 25};
  EXPECT_TRUE(Reached(three, {3, 4, 5}).met() && Reached(three, {3, 4, 5}).sure());
  EXPECT_TRUE(Reached(three, {2.9, 4, 5}).met() && !Reached(three, {2.9, 4, 5}).sure());
  EXPECT_TRUE(!Reached(three, {1, 2, 2.9}).met() && Reached(three, {1, 2, 2.9}).sure());
  EXPECT_TRUE(Reached(soon, {10, 20, 24}).met() && Reached(soon, {10, 20, 24}).sure());
  EXPECT_FALSE(Reached(soon, {10, 20, 25}).sure());
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
