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

// A saga without a failure has 12 records and 5 commands, one that goes back from its fourth
// step 13 and 7: the orchestrator is killed after each of them, once.
TEST(SagaLab, KillsTheOrchestratorAfterEachRecordAndEachCommand) {
  const Played played = play("13_saga", {"--quick", "--scene", "crashes"});
  const Table table = played.table("Killed at every record");
  for (const Cells& cells : table.rows) EXPECT_EQ(cells.at(2), "0") << cells[0];
  EXPECT_EQ(table.rows.at(0).at(3), "17");
  EXPECT_EQ(table.rows.at(1).at(3), "20");
}

TEST(SagaLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("13_saga", {"--quick", "--attempts", "0"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("attempts"), std::string::npos) << exit.err;
}

}  // namespace
