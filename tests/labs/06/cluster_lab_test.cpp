// Lab 06 as a person runs it, with other settings too. That every row holds, every_lab asks.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(ClusterLab, ReplacesItsWorkersWithoutAFailedRequest) {
  const Played played = play("06_cluster", {"--quick", "--scene", "rolling"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  const Table table = played.table("All workers are replaced under load");
  ASSERT_EQ(table.rows.size(), 5u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table.rows[i][2], "0") << table.rows[i][0];
  EXPECT_NE(table.rows[4][2], "0") << table.rows[4][0];
}

TEST(ClusterLab, HoldsWithAnyNumberOfWorkers) {
  for (const char* workers : {"1", "5"}) {
    const Played played =
        play("06_cluster", {"--quick", "--scene", "port", "--workers", workers});
    EXPECT_EQ(played.exit.code, 0) << played.exit.out;
  }
}

TEST(ClusterLab, RefusesSettingsThatMakeNoSense) {
  const Played played = play("06_cluster", {"--workers", "0"});
  EXPECT_EQ(played.exit.code, 2);
  EXPECT_THAT(played.exit.err, testing::HasSubstr("workers"));
}

}  // namespace
