// The kata in C++ and in Node: each step and each mutant has the same colour.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace std::chrono_literals;

class TddBesideNode : public lab::test::BesideNode {};

TEST_F(TddBesideNode, EveryStepAndMutantHasTheSameColour) {
  const lab::test::Rows node = lab::test::twin("25_tdd", {.deadline = 120s});
  const lab::test::Played played = lab::test::play("25_tdd");
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  for (const lab::test::Cells& row : played.table("The kata").rows) {
    const std::string& theirs = node.at(row[0]);
    EXPECT_EQ(row[2].substr(0, theirs.size()), theirs) << row[0];
  }
  const auto mutants = played.table("Fifteen mutants and what the tests say").rows;
  EXPECT_EQ(mutants.size(), 15u);
  for (const lab::test::Cells& row : mutants)
    EXPECT_EQ(row[1], node.at(row[0])) << row[0];
}

}  // namespace
