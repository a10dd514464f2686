#include "core/page.hpp"

#include <gmock/gmock.h>

namespace runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kHead = "# 05\n\n## The answer in 30 seconds\n\n";

TEST(Page, ItsSpokenAnswerIsOneLineWithoutMarks) {
  const std::string spoken = "Backpressure is how a slow sink slows a source.";
  const std::string page =
      kHead + "Backpressure is *how* a\nslow `sink` slows a **source**.";
  EXPECT_EQ(parse_page(page + "\n\n| sentence | by |\n| --- | --- |\n").spoken, spoken);
  EXPECT_EQ(parse_page(page + "\n\n## Another\n\nText.\n").spoken, spoken);
  EXPECT_EQ(parse_page(page).spoken, spoken);
}

TEST(Page, OneMustSayTheSentencesThatItProves) {
  EXPECT_THAT(parse_page(kHead + "A b. C d.\n\n| sentence | by |\n| --- | --- |\n"
                                 "| A `b`. | 05.1 |\n| C d, not e. | 05.2 |\n\n## X\n"
                                 "\n| not | this |\n| --- | --- |\n| nor | that |\n")
                  .must_say,
              ElementsAre("A b.", "C d, not e."));
}

TEST(Page, ASentenceNamesTheFirstClaimThatProvesIt) {
  EXPECT_THAT(parse_page(kHead + "A b.\n\n| sentence | by |\n| --- | --- |\n"
                                 "| A b. | 05.1, 05.2 |\n| C 1.5. | no run |\n| D |\n")
                  .proven_by,
              ElementsAre("05.1", "", ""));
  EXPECT_THAT(parse_page(kHead + "A b. C d.").proven_by, ElementsAre("", ""));
}

TEST(Page, WithoutATableOneMustSayTheSentencesOfTheAnswer) {
  EXPECT_THAT(
      parse_page(kHead + "In Node.js it is\na bit. Is it? It is! And more").must_say,
      ElementsAre("In Node.js it is a bit.", "Is it?", "It is!", "And more"));
}

TEST(Page, WhatMakesItSeniorIsTheSentencesThatBeginBold) {
  EXPECT_THAT(
      parse_page("# 1\n\n- **Not this.** x\n\n## What makes it a senior answer\n\n"
                 "- **One `two`\n  three.** More.\n- plain\n- **Four** of `it`,\n"
                 "  all bold. More.\n- **Five?** x\n- ** ** x\n- **Six!** x\n\n"
                 "## The usual wrong answer\n\n- **Not this either.**\n")
          .senior,
      ElementsAre("One two three.", "Four of it, all bold.", "Five?", "Six!"));
}

TEST(Page, TheWrongAnswerIsQuoted) {
  EXPECT_EQ(
      parse_page("# 1\n\n## The usual wrong answer\n\n\"*It limits\nthe `buffer`.*\" "
                 "No. \"*Another.*\"\n")
          .wrong,
      "It limits the buffer.");
}

TEST(Page, FollowUpsHaveTheirAnswers) {
  const Page page = parse_page(
      "# 1\n\n## They will ask next\n\n**Two `sinks`?** The slower\none. And "
      "**bold**.\n\n"
      "**Why?** Because.\n\n## Run it\n\n**No?** No.\n");
  ASSERT_EQ(page.follow_ups.size(), 2u);
  EXPECT_EQ(page.follow_ups[0].question, "Two sinks?");
  EXPECT_EQ(page.follow_ups[0].answer, "The slower one. And bold.");
  EXPECT_EQ(page.follow_ups[1].question, "Why?");
  EXPECT_EQ(page.follow_ups[1].answer, "Because.");
}

TEST(Page, WhatIsNotThereIsEmpty) {
  for (const char* text :
       {"", "## The answer in 30 seconds", "\n## The answer in 30 seconds\n",
        "\n## They will ask next\n\n**", "\n## What makes it a senior answer\n- **"}) {
    const Page page = parse_page(text);
    EXPECT_EQ(page.spoken, "") << text;
    EXPECT_THAT(page.must_say, IsEmpty()) << text;
    EXPECT_THAT(page.senior, IsEmpty()) << text;
    EXPECT_EQ(page.wrong, "") << text;
    EXPECT_THAT(page.follow_ups, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace runner
