// What `./lab run` takes from a lab's page.
#include "verbs/run.hpp"

#include <gmock/gmock.h>

namespace runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Remembered, AreTheFirstThreeBoldSentencesOfTheSeniorAnswer) {
  EXPECT_THAT(
      remembered("# 1\n\n- **Not this.** x\n\n## What makes it a senior answer\n\n"
                 "- **One `two`\n  three.** More.\n- plain\n- **Four** words\n"
                 "- **Five?** x\n- **Six!** x\n- **Seven.** x\n\n"
                 "## The usual wrong answer\n\n- **Not this either.**\n"),
      ElementsAre("One two three.", "Five?", "Six!"));
}

TEST(Remembered, AreNoneOnAPageWithoutThem) {
  EXPECT_THAT(remembered(""), IsEmpty());
  EXPECT_THAT(remembered("\n## What makes it a senior answer\n"), IsEmpty());
  EXPECT_THAT(remembered("\n## Another\n\n- **Bold.**\n"), IsEmpty());
}

}  // namespace
}  // namespace runner
