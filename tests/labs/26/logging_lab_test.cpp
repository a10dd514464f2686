// Lab 26 as a person runs it.
#include <gmock/gmock.h>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_26(std::vector<std::string> flags) {
  flags.emplace_back("--quick");
  return play("26_logging", std::move(flags));
}

TEST(LoggingLab, ProvesItsClaimsWithOtherSettingsToo) {
  for (const char* queue : {"1024", "65536"}) {
    const Played played = play_26({"--queue", queue, "--requests", "100"});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(played.proven.size(), 7u);
    EXPECT_TRUE(played.failed.empty());
  }
}

TEST(LoggingLab, ShowsWhoWaitsForAReaderThatSleeps) {
  const Played played = play_26({"--scene", "blocking"});
  std::vector<std::string> outcomes;
  for (const Cells& row : played.table("400 KiB that nobody reads").rows) {
    outcomes.push_back(row[0] + ": " + row[3]);
  }
  EXPECT_THAT(outcomes,
              ElementsAre("file: returned", "pipe: returned", "terminal: blocked",
                          "terminal, by a queue: returned"));
}

TEST(LoggingLab, ShowsWhichLinesSurvive) {
  const Played played = play_26({"--scene", "endings"});
  EXPECT_THAT(
      played.table("Lines kept of 500").rows,
      ElementsAre(Cells{"returns from main", "500", "500", "500"},
                  Cells{"exits at once", "500", "500", "0"},
                  Cells{"abort", "500", "500", "0"}, Cells{"SIGSEGV", "500", "500", "0"},
                  Cells{"SIGKILL", "500", "500", "0"}));
}

TEST(LoggingLab, ShowsWhichLoggersLineTheQueryFinds) {
  const Rows rows = play_26({"--scene", "replaced"}).rows();
  EXPECT_EQ(rows.at("Bunyan"), "50 > found it");
  EXPECT_EQ(rows.at("Pino"), "50 > found it");
  EXPECT_EQ(rows.at("Winston, as it comes"), "\"error\" > missed it");
}

// In a mount namespace of its own, whose /dev/pts is empty.
TEST(LoggingLab, SaysWhatToMountWithoutPseudoTerminals) {
  const auto hidden = [](const std::string& command) {
    return lab::Child::run({"unshare", "--mount", "sh", "-c",
                            "mount -t tmpfs none /dev/pts && exec " + command})
        .wait();
  };
  if (!hidden("true").ok()) GTEST_SKIP() << "may not mount";
  const lab::Exit exit = hidden(built("labs/26_logging") + " --quick --scene blocking");
  EXPECT_EQ(exit.code, 77);
  EXPECT_THAT(exit.err, HasSubstr("mount -t devpts"));
}

TEST(LoggingLab, RefusesAQueueWithoutRoom) {
  const lab::Exit exit = play_26({"--queue", "0"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("queue"));
}

}  // namespace
