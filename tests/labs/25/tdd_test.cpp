// The referee: which change is allowed when, and what each run makes of the state.
#include "tdd.hpp"

#include <gmock/gmock.h>

#include <set>
#include <vector>

namespace lab25 {
namespace {

using testing::ElementsAre;

constexpr TestRun kGreen{.passed = 3, .tests_checksum = 7};
constexpr TestRun kRed{.passed = 2, .failed = 1, .tests_checksum = 7};
constexpr TestRun kUnbuilt{.built = false, .tests_checksum = 7};

Cycle red_cycle() {
  Cycle cycle;
  EXPECT_EQ(cycle.ran(Change::test, kRed), Objection::none);
  return cycle;
}

Cycle green_cycle() {
  Cycle cycle = red_cycle();
  EXPECT_EQ(cycle.ran(Change::code, kGreen), Objection::none);
  return cycle;
}

TEST(TestRun, IsGreenIfItWasBuiltAndNothingFailed) {
  EXPECT_TRUE(kGreen.green());
  EXPECT_FALSE(kRed.green());
  EXPECT_FALSE(kUnbuilt.green());
  EXPECT_TRUE(TestRun{}.green()) << "without a test nothing is red";
}

TEST(Cycle, GoesRoundWithoutAnObjection) {
  Cycle cycle;
  EXPECT_TRUE(cycle.green());
  EXPECT_EQ(cycle.ran(Change::test, kUnbuilt), Objection::none);
  EXPECT_FALSE(cycle.green());
  EXPECT_EQ(cycle.ran(Change::code, kRed), Objection::none) << "not there yet";
  EXPECT_FALSE(cycle.green());
  EXPECT_EQ(cycle.ran(Change::code, kGreen), Objection::none);
  EXPECT_TRUE(cycle.green());
  EXPECT_EQ(cycle.ran(Change::structure, kGreen), Objection::none);
  EXPECT_TRUE(cycle.green());
  TestRun more = kRed;
  more.tests_checksum = 8;
  EXPECT_EQ(cycle.ran(Change::test, more), Objection::none);
  EXPECT_FALSE(cycle.green());
}

TEST(Cycle, ObjectsToCodeThatNoRedTestAskedFor) {
  Cycle cycle;
  EXPECT_EQ(cycle.ran(Change::code, TestRun{}), Objection::code_before_test);
  Cycle later = green_cycle();
  EXPECT_EQ(later.ran(Change::code, kGreen), Objection::code_before_test);
}

TEST(Cycle, ObjectsToATestThatHasNeverFailed) {
  Cycle cycle;
  EXPECT_EQ(cycle.ran(Change::test, kGreen), Objection::test_never_failed);
  EXPECT_TRUE(cycle.green());
}

TEST(Cycle, ObjectsToRefactoringOnRed) {
  Cycle cycle = red_cycle();
  EXPECT_EQ(cycle.ran(Change::structure, kRed), Objection::refactored_on_red);
  EXPECT_EQ(cycle.ran(Change::structure, kGreen), Objection::refactored_on_red);
  EXPECT_TRUE(cycle.green()) << "the state goes by the tests all the same";
}

TEST(Cycle, ObjectsToARefactoringThatChangesBehaviour) {
  Cycle cycle = green_cycle();
  EXPECT_EQ(cycle.ran(Change::structure, kRed), Objection::behaviour_changed);
  EXPECT_FALSE(cycle.green());
  Cycle other = green_cycle();
  EXPECT_EQ(other.ran(Change::structure, kUnbuilt), Objection::behaviour_changed);
}

TEST(Cycle, ObjectsToTestsThatChangeAlongWithTheCode) {
  TestRun other_tests = kGreen;
  other_tests.tests_checksum = 8;
  Cycle cycle = red_cycle();
  EXPECT_EQ(cycle.ran(Change::code, other_tests), Objection::tests_changed_along);
  Cycle refactored = green_cycle();
  EXPECT_EQ(refactored.ran(Change::structure, other_tests),
            Objection::tests_changed_along);
  EXPECT_EQ(refactored.ran(Change::structure, other_tests), Objection::none)
      << "they are the tests from now on";
}

TEST(Cycle, TellsEachStateAndTheLineThatDecided) {
  Cycle cycle;
  std::vector<bool> states;
  std::vector<unsigned> lines;
  cycle.on_state([&](bool green, lab::Where where) {
    states.push_back(green);
    lines.push_back(where.line);
    EXPECT_THAT(where.file, testing::HasSubstr("tdd.cpp"));
  });
  static_cast<void>(cycle.ran(Change::test, kRed));
  static_cast<void>(cycle.ran(Change::code, kGreen));
  EXPECT_THAT(states, ElementsAre(false, true));
  EXPECT_NE(lines[0], lines[1]);
}

TEST(Objection, HasASentenceEach) {
  std::set<std::string_view> sentences;
  for (const Objection each :
       {Objection::none, Objection::code_before_test, Objection::test_never_failed,
        Objection::refactored_on_red, Objection::behaviour_changed,
        Objection::tests_changed_along}) {
    EXPECT_FALSE(to_string(each).empty());
    sentences.insert(to_string(each));
  }
  EXPECT_EQ(sentences.size(), 6u);
}

}  // namespace
}  // namespace lab25
