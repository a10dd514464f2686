// Lab 28 as a person runs it: with other settings, and beside variables of its own names.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_28(std::vector<std::string> flags,
               std::vector<std::pair<std::string, std::string>> env = {}) {
  flags.emplace_back("--quick");
  return play("28_environment", std::move(flags), std::move(env));
}

TEST(EnvironmentLab, ProvesItsClaimsWithOtherSettingsToo) {
  const Played played = play_28({"--port", "1"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 5u);
}

TEST(EnvironmentLab, IsNotLedByTheVariablesOfWhoeverRunsIt) {
  const Played played = play_28({}, {{"PORT", "7"},
                                     {"DEBUG", "loud"},
                                     {"DB_PASSWORD_FILE", "/none"},
                                     {"DB_PASSWORD", "mine"},
                                     {"DATABASE_URL", "x"}});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 5u);
}

TEST(EnvironmentLab, SaysWhoSetsThePort) {
  const Played played = play_28({"--scene", "file", "--port", "1234"});
  EXPECT_THAT(
      played.table("Who sets the port").rows,
      ElementsAre(Cells{"only the file", "3000", ".env:2"},
                  Cells{"the file and the shell", "1234", "environment"},
                  Cells{"the file, the shell and a flag", "8080", "flag --port"},
                  Cells{"the file and the shell, with override", "3000", ".env:2"}));
}

TEST(EnvironmentLab, AVariableThatIsSetLaterShowsOnlyInChildren) {
  const Played played = play_28({"--scene", "secrets"});
  EXPECT_THAT(played.table("A variable that the service sets later, with setenv()").rows,
              ElementsAre(Cells{"/proc of the service", "no"},
                          Cells{"a child of the service", "yes"}));
}

TEST(EnvironmentLab, RefusesAPortThatIsNone) {
  const lab::Exit exit = play_28({"--port", "65536"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("port"));
}

}  // namespace
