// What the terminal shows of the events: each sentence, claim and table; a flood counted;
// nothing that could play with the terminal.
#include "narrator.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <memory>

#include "arena.hpp"
#include "lab/story.hpp"

namespace lab {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const About kAbout{"99", "test", "What is shown?", "Nothing moves."};

class Narration : public testing::Test {
 protected:
  void SetUp() override { listen(&arena_); }
  void TearDown() override { listen(nullptr); }

  // All that was written for all that was emitted until now.
  std::string screen(Terminal terminal = {false, false, 80}) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(),
                                                              std::fclose);
    Narrator narrator(out.get(), terminal, kAbout);
    for (const Record& record : drain_.read()) narrator.event(record);
    narrator.tick(1'000'000'000);
    narrator.end({.claims = 1});
    std::string text(static_cast<std::size_t>(std::ftell(out.get())), '\0');
    std::rewind(out.get());
    text.resize(std::fread(text.data(), 1, text.size(), out.get()));
    return text;
  }

  Arena& arena_ = make_arena();
  Drain drain_{arena_};
  Story story_;
};

TEST_F(Narration, TellsAClaimWithItsIdAndItsEvidence) {
  story_.claim("99.1", "the sky is up", true, "seen {} times", 3);
  story_.claim("99.2", "the sky is down", false, "seen {} times", 0);
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("✔ 99.1   the sky is up"));
  EXPECT_THAT(text, HasSubstr("✘ 99.2   the sky is down"));
  EXPECT_THAT(text, HasSubstr("seen 3 times"));
}

TEST_F(Narration, SetsATableInColumns) {
  story_.table({"ages", {"who", "age"}, {{"Grace", "85"}, {"Ed", "72"}}});
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("           who    age\n"
                              "           Grace  85\n"
                              "           Ed     72\n"));
}

TEST_F(Narration, FoldsTheWidestColumnOfATableThatIsTooWide) {
  const std::string words =
      "one two three four five six seven eight nine ten eleven twelve thirteen";
  story_.table(
      {"wide", {"", "text", "end"}, {{"first", words, "x"}, {"second", "y", "z"}}});
  EXPECT_THAT(
      screen(),
      HasSubstr("first   one two three four five six seven eight nine ten eleven   x\n"
                "                   twelve thirteen\n"
                "           second  y"));
}

TEST_F(Narration, ShowsATableWithoutRowsAndRowsOfAnyLength) {
  story_.table({"nothing", {"who", "age"}, {}});
  story_.table({"ragged", {"who", "age"}, {{"Grace"}, {"Ed", "72", "too many"}}});
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("nothing\n           who  age\n"));
  EXPECT_THAT(text, HasSubstr("Grace\n           Ed     72\n"));
}

TEST_F(Narration, LetsNoTextPlayWithTheTerminal) {
  story_.scene("a \033[2J scene");
  story_.say("a \033]0;title\007 sentence");
  trace::instant("an \033[1A event", {.lane = "l\033[31m", .args = {{"key", "\r\n\b"}}});
  story_.table({"a \033[2J table",
                {"\033[31m"},
                {{"1\x1f\x1e"
                  "2\033[2J"}}});
  EXPECT_THAT(screen(), Not(HasSubstr("\033")));
}

TEST_F(Narration, CountsWhatWouldFloodTheScreen) {
  story_.scene("a flood");
  for (int i = 0; i < 1000; ++i) trace::instant("drop");
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("994 more events: 994 × drop"));
}

TEST_F(Narration, DrawsACurveOfEachQuantityAtTheEndOfItsScene) {
  story_.scene("filling");
  for (int i = 0; i <= 4; ++i)
    trace::counter("queue", i * 512, {.args = {{"unit", "bytes"}}});
  EXPECT_THAT(screen(), ContainsRegex("queue  .*▁.*█ peak 2.0 KiB"));
}

TEST_F(Narration, HasAFooterOnATerminalOnly) {
  story_.scene("states");
  trace::state("breaker", "open");
  EXPECT_THAT(screen({true, false, 80}),
              HasSubstr("  breaker                open\n\033["));
  story_.scene("states");
  trace::state("breaker", "open");
  EXPECT_THAT(screen(), Not(HasSubstr("\033[")));
}

}  // namespace
}  // namespace lab
