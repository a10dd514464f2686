// Lab 25 as a person runs it: compiled anew, also without a compiler.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TddLab, ShowsTheKataStepByStep) {
  const Played played = play("25_tdd", {"--scene", "cycle", "--largest", "400"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 4u);
  EXPECT_THAT(
      played.table("The kata").rows,
      ElementsAre(Cells{"five tests, no code", "0", "red, cannot be linked", "none"},
                  Cells{"a function that returns \"\"", "5", "red, 0 of 5 pass", "none"},
                  Cells{"a table of the examples", "9", "green, 5 of 5 pass", "none"},
                  Cells{"thirteen rules", "21", "green, 5 of 5 pass", "none"}));
}

TEST(TddLab, SaysWhatToInstallWithoutACompiler) {
  const lab::Exit exit =
      play("25_tdd", {"--scene", "cycle"}, {{"CXX", "no-such-compiler"}}).exit;
  EXPECT_EQ(exit.code, 77);
  EXPECT_THAT(exit.err, HasSubstr("apt-get install g++"));
}

TEST(TddLab, TellsWhatTheCompilerSaidWhenItFails) {
  const lab::Exit exit = play("25_tdd", {"--scene", "cycle"}, {{"CXX", "false"}}).exit;
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(exit.err, HasSubstr("compile the kata"));
}

}  // namespace
