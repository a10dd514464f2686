// Lab 13 as a person runs it, with other settings.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(SagaLab, ProvesItsLedgerWithOtherSettingsToo) {
  for (const char* attempts : {"1", "5"}) {
    const Played played =
        play("13_saga", {"--quick", "--attempts", attempts, "--cuts", "12"});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(played.proven.size(), 7u) << attempts;
  }
}

TEST(SagaLab, KillsTheOrchestratorAtEachPointOnce) {
  const Played played = play("13_saga", {"--quick", "--scene", "crashes"});
  for (const Cells& cells : played.table("Killed at every record").rows) {
    EXPECT_EQ(cells.at(2), "0") << cells[0];
    EXPECT_GE(std::stoi(cells.at(3)), 16) << cells[0];
  }
}

TEST(SagaLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("13_saga", {"--quick", "--attempts", "0"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("attempts"), std::string::npos) << exit.err;
}

}  // namespace
