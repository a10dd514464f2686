// Lab 08 as a person runs it, scene by scene. That every row holds, every_lab asks.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(UncaughtLab, EndsAndWaitsAsItsTablesSay) {
  const Played played = play("08_uncaught", {"--quick", "--scene", "crash-loop"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.rows().at("4 restarts a minute, 10 ms doubled to 50 ms"),
            "5 > 10 ms > 20 ms > 40 ms > 50 ms > given up");
}

TEST(UncaughtLab, GivesUpAfterAsManyRestartsAsItIsTold) {
  const Played played =
      play("08_uncaught", {"--quick", "--scene", "crash-loop", "--restarts", "1"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.rows().at("1 restarts a minute, 10 ms doubled to 50 ms"),
            "2 > 10 ms > given up");
}

TEST(UncaughtLab, DiesQuietlyInItsChildren) {
  const Played played = play("08_uncaught", {"--quick", "--scene", "deaths"});
  EXPECT_EQ(played.exit.code, 0);
  EXPECT_EQ(played.exit.err, "");
  const Rows rows = played.rows();
  EXPECT_EQ(rows.at("an exception nobody catches"), "SIGABRT > ");
  EXPECT_EQ(rows.at("SIGSEGV, with a terminate handler"), "SIGSEGV > ");
}

}  // namespace
