// One fault in each copy.
#include "mutants.hpp"

#include <gmock/gmock.h>

#include <set>

namespace lab25 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(std::string_view source) {
  std::vector<std::string> result;
  for (const Mutant& mutant : mutants_of(source)) result.push_back(mutant.name);
  return result;
}

TEST(Mutants, RemoveEachRuleOnce) {
  const auto mutants = mutants_of("a {500, \"D\"}, {1, \"I\"}};");
  ASSERT_EQ(mutants.size(), 2u);
  EXPECT_EQ(mutants[0].name, "without {500, \"D\"}");
  EXPECT_EQ(mutants[0].source, "a {1, \"I\"}};");
  EXPECT_EQ(mutants[1].name, "without {1, \"I\"}");
  EXPECT_EQ(mutants[1].source, "a {500, \"D\"}, };");
}

TEST(Mutants, WeakenOperators) {
  EXPECT_EQ(mutants_of("a >= b").at(0).source, "a > b");
  EXPECT_EQ(mutants_of("a += b").at(0).source, "a = b");
  EXPECT_THAT(names("x += 1; y += 2; x >= y"),
              ElementsAre(">= became >", "+= became =", "+= became ="));
}

TEST(Mutants, DifferFromOneAnotherAndFromTheSource) {
  const std::string source = "{10, \"X\"}, {9, \"IX\"}; a >= b; c >= d; e += f";
  std::set<std::string> texts = {source};
  for (const Mutant& mutant : mutants_of(source)) texts.insert(mutant.source);
  EXPECT_EQ(texts.size(), 6u);
}

TEST(Mutants, LeaveAloneWhatTheyDoNotKnow) {
  EXPECT_THAT(names(""), IsEmpty());
  EXPECT_THAT(names("a > b; a = b; {x, \"X\"}; {1, \"x\"}; {1, \"\"}"), IsEmpty());
}

}  // namespace
}  // namespace lab25
