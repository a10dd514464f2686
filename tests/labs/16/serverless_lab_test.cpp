// Lab 16 as a person runs it. That every claim holds, every_lab asks.
#include <gmock/gmock.h>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_16(std::vector<std::string> flags,
               std::vector<std::pair<std::string, std::string>> env = {}) {
  flags.emplace_back("--quick");
  return play("16_serverless", std::move(flags), std::move(env));
}

TEST(ServerlessLab, CountsInstancesByTheRequestsAtOnce) {
  const Played played =
      play_16({"--scene", "scaling", "--requests", "9", "--idle", "50ms"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(
      played.table("Instances").rows,
      ElementsAre(Cells{"before the first event", "0"}, Cells{"for one request", "1"},
                  Cells{"for 9 at once", "9"}, Cells{"after 50 ms without any", "0"},
                  Cells{"without an idle limit", "9"}));
}

TEST(ServerlessLab, CountsColdStarts) {
  const Played played = play_16({"--scene", "endpoint", "--requests", "4"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(played.table("Cold starts beside one warm instance").rows,
              ElementsAre(Cells{"at once", "3"}, Cells{"one after another", "0"}));
}

TEST(ServerlessLab, ShowsWhatBecomesOfEachFile) {
  const Played played = play_16({"--scene", "upload"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(played.table("Four uploads").rows,
              ElementsAre(Cells{"photo.jpg", "1", "1"}, Cells{"flaky.jpg", "2", "1"},
                          Cells{"twice.jpg", "2", "2"}, Cells{"corrupt.jpg", "3", "0"}));
}

// Then the machine has neither Node nor any other runtime.
TEST(ServerlessLab, ProvesWhatItCanWithoutNode) {
  const Played played = play_16({}, {{"PATH", "/nonexistent"}});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_THAT(played.proven, ElementsAre("16.1", "16.4", "16.5", "16.6"));
  EXPECT_THAT(played.table("Cold start").rows.size(), 1u);
  EXPECT_THAT(played.exit.out, HasSubstr("sudo apt install nodejs"));
}

TEST(ServerlessLab, RefusesABurstOfOne) {
  const Played played = play_16({"--requests", "1"});
  EXPECT_EQ(played.exit.code, 2);
  EXPECT_THAT(played.exit.err, HasSubstr("requests"));
}

}  // namespace
