// Quantities as a person says them, and text in lines.
#include "lab/core/text.hpp"

#include <gmock/gmock.h>

#include "lab/core/terminal.hpp"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
namespace text = lab::text;

TEST(Text, SaysBytesInTheUnitThatAPersonWouldChoose) {
  EXPECT_EQ(text::bytes(0), "0 B");
  EXPECT_EQ(text::bytes(1023), "1023 B");
  EXPECT_EQ(text::bytes(1000), "1000 B");
  EXPECT_EQ(text::bytes(64 << 10), "64 KiB");
  EXPECT_EQ(text::bytes(6'999'999), "6.7 MiB");
  EXPECT_EQ(text::bytes(std::uint64_t{5} << 30), "5 GiB");
}

TEST(Text, SaysTimesWithTwoDigits) {
  EXPECT_EQ(text::time(0ns), "0 ns");
  EXPECT_EQ(text::time(850ns), "850 ns");
  EXPECT_EQ(text::time(3'090ns), "3.1 µs");
  EXPECT_EQ(text::time(12ms), "12 ms");
  EXPECT_EQ(text::time(999'900ns), "1 ms");
  EXPECT_EQ(text::time(2'440ms), "2.4 s");
  EXPECT_EQ(text::time(3min), "3 min");
}

TEST(Text, SaysCountsInWordsFromTenThousandOn) {
  EXPECT_EQ(text::count(7), "7");
  EXPECT_EQ(text::count(0.25), "0.2");
  EXPECT_EQ(text::count(950), "950");
  EXPECT_EQ(text::count(1'200), "1,200");
  EXPECT_EQ(text::count(9'007), "9,007");
  EXPECT_EQ(text::count(12'300), "12 thousand");
  EXPECT_EQ(text::count(3'400'000), "3.4 million");
}

TEST(Text, IsBrokenAtSpacesOnly) {
  EXPECT_THAT(lab::lines_of("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(lab::lines_of("one two three", 6), ElementsAre("one", "two", "three"));
  EXPECT_THAT(lab::lines_of("unbreakable", 3), ElementsAre("unbreakable"));
  EXPECT_THAT(lab::lines_of("", 9), ElementsAre(""));
}

// A question of the drill may have code in it.
TEST(Text, KeepsItsOwnLinesAndTheirIndentation) {
  EXPECT_THAT(
      lab::lines_of("Code:\n\nf(() => {\n  log('a');\n});\n\nWhat is logged?", 12),
      ElementsAre("Code:", "", "f(() => {", "  log('a');", "});", "", "What is",
                  "logged?"));
}

TEST(Text, SaysRatesAndShares) {
  EXPECT_EQ(text::rate(12'300), "12 thousand per second");
  EXPECT_EQ(text::percent(0.734), "73 %");
  EXPECT_EQ(text::percent(0.051), "5.1 %");
}

}  // namespace
