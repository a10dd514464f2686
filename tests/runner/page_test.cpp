#include "core/page.hpp"

#include <gmock/gmock.h>

namespace runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SpokenAnswer, IsTheParagraphInOneLineWithoutMarks) {
  const std::string words = "Backpressure is *how* a\nslow `sink` slows a **source**.";
  const std::string spoken = "Backpressure is how a slow sink slows a source.";
  const std::string head = "# 05\n\n## The answer in 30 seconds\n\n" + words;
  EXPECT_EQ(spoken_answer(head + "\n\n| sentence | proven by |\n| --- | --- |\n"),
            spoken);
  EXPECT_EQ(spoken_answer(head + "\n\n## Another\n\nText.\n"), spoken);
  EXPECT_EQ(spoken_answer(head), spoken);
}

TEST(SpokenAnswer, IsEmptyOnAPageWithoutOne) {
  EXPECT_EQ(spoken_answer(""), "");
  EXPECT_EQ(spoken_answer("# 05\n\n## The answer in 30 seconds\n"), "");
  EXPECT_EQ(spoken_answer("# 05\n\n## Run it\n\nText.\n"), "");
}

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
