// What the terminal shows of the events: each sentence, claim and table; a flood counted;
// nothing that could play with the terminal.
#include "core/narrator.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/arena.hpp"
#include "core/footer.hpp"
#include "lab/core/story.hpp"

namespace lab {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const About kAbout{"99", "test", "What is shown?", "Nothing moves."};

constexpr Claim kClaims[] = {{"99.1", "The sky is up."}, {"99.2", "The sky is down."}};

class Narration : public testing::Test {
 protected:
  void SetUp() override { listen(&arena_); }
  void TearDown() override { listen(nullptr); }

  // All that was written for all that was emitted until now.
  std::string screen(Terminal terminal = {false, false, 80},
                     Telling telling = Telling::full) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(),
                                                              std::fclose);
    Narrator narrator(out.get(), terminal, kAbout, telling);
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
  Story story_{false, kClaims};
};

TEST_F(Narration, TellsAClaimWithItsIdAndItsEvidence) {
  story_.claim("99.1", true, "seen {} times", 3);
  story_.claim("99.2", false, "seen {} times", 0);
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("✔ 99.1   The sky is up."));
  EXPECT_THAT(text, HasSubstr("✘ 99.2   The sky is down."));
  EXPECT_THAT(text, HasSubstr("seen 3 times"));
}

TEST_F(Narration, ShowsTheTakeawayAndLeavesThePictureToTheStudio) {
  story_.picture(Picture::strips, {"sky"});
  story_.takeaway("Look up {} times.", 3);
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("Look up 3 times."));
  EXPECT_THAT(text, Not(HasSubstr("strips")));
}

TEST_F(Narration, AClaimThatTheTableDoesNotHaveIsAMistakeOfTheLab) {
  EXPECT_THROW(story_.claim("99.3", true, "-"), std::logic_error);
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

// Seven columns of "readable" width would not fit 80; their words do.
TEST_F(Narration, FoldsManyColumnsToTheirWords) {
  const std::vector<std::string> head(7, "a heading word");
  story_.table({"many", head, {std::vector<std::string>(7, "green")}});
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("           green"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80) << line;
}

TEST_F(Narration, FoldsOnlyTheHeadingsIfThatIsEnough) {
  story_.table({"doctor",
                {"service", "the loop delay", "CPUs wanted now", "in the pool's queue"},
                {{"keeps every request", "5.2 ms", "0.0", "0"}}});
  const std::string text = screen({false, false, 60});
  EXPECT_THAT(text, ContainsRegex("keeps every request +5.2 ms +0.0 +0\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 60) << line;
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

// Squeezed into the room that there is, and a peak of one sample is not lost.
TEST_F(Narration, DrawsALongCurveInAtMost40ColumnsWithItsPeak) {
  story_.scene("filling");
  for (int i = 0; i < 1000; ++i) trace::counter("queue", i == 500 ? 64 : 1);
  const std::string text = screen({false, false, 200});
  const std::size_t end = text.find(" peak 64");
  ASSERT_NE(end, std::string::npos) << text;
  const std::size_t begin = text.rfind("queue", end);
  const std::string curve = text.substr(begin + 14, end - begin - 14);
  const std::string low = "▁", high = "█";
  std::string expected = " ";
  for (int i = 0; i < 40; ++i) expected += i == 20 ? high : low;
  EXPECT_EQ(curve, expected);
}

TEST(Footer, PaintsGoodStatesGreenAndBadOnesRed) {
  for (const char* good : {"closed", "healthy", "up"})
    EXPECT_EQ(style_of_state(good, Style::bold), Style::green) << good;
  for (const char* bad : {"open", "failed", "dead"})
    EXPECT_EQ(style_of_state(bad, Style::bold), Style::red) << bad;
  EXPECT_EQ(style_of_state("half-open", Style::bold), Style::yellow);
  EXPECT_EQ(style_of_state("other", Style::bold), Style::bold);
}

// One that draws into a file.
class FooterTest : public testing::Test {
 protected:
  Footer footer(int width = 80) { return {out_.get(), Terminal(false, false, width)}; }
  static Record sample(double value, std::string unit = "", std::string lane = "") {
    Record record;
    record.name = "queue";
    record.lane = std::move(lane);
    record.value = value;
    if (!unit.empty()) record.args = {{"unit", std::move(unit)}};
    return record;
  }
  // What has been written since the last call.
  std::string written() {
    std::fflush(out_.get());
    std::string text(static_cast<std::size_t>(std::ftell(out_.get())) - seen_, '\0');
    std::fseek(out_.get(), static_cast<long>(seen_), SEEK_SET);
    seen_ += text.size();
    text.resize(std::fread(text.data(), 1, text.size(), out_.get()));
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_{std::tmpfile(), std::fclose};
  std::size_t seen_ = 0;
};

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(FooterTest, SaysAQuantityInItsUnitAndBytesInLargerOnes) {
  const std::vector<std::tuple<double, std::string, std::string>> cases = {
      {1023, "bytes", "1023 bytes"},
      {1024, "bytes", "1.0 KiB"},
      {1536, "bytes", "1.5 KiB"},
      {1048575, "bytes", "1024.0 KiB"},
      {1048576, "bytes", "1.0 MiB"},
      {2.5 * 1048576, "bytes", "2.5 MiB"},
      {1048576, "req/s", "1048576 req/s"},
      {2.125, "ms", "2.12 ms"},
      {7, "", "7"}};
  for (const auto& [value, unit, text] : cases) {
    Footer shown = footer();
    for (int i = 0; i < 2; ++i) shown.counter(sample(value, unit));
    EXPECT_EQ(shown.take_curves(2), std::vector{"  queue          ██ peak " + text});
  }
}

TEST_F(FooterTest, DrawsABarOfEachQuantityAgainstTheMostOfIt) {
  Footer shown = footer();
  shown.counter(sample(5));
  shown.counter(sample(1));
  shown.counter(sample(2, "", "left"));
  shown.counter(sample(1, "", "left"));
  shown.counter(sample(0, "", "none"));
  shown.draw();
  EXPECT_EQ(written(), "\n  left queue             " + repeated("█", 12) +
                           repeated("░", 12) + " 1\n  none queue             " +
                           repeated("░", 24) + " 0\n  queue                  " +
                           repeated("█", 5) + repeated("░", 19) + " 1\n");
}

TEST_F(FooterTest, TakesBackTheLinesThatItDrewAndNoMore) {
  Footer shown = footer();
  shown.draw();
  EXPECT_EQ(written(), "");
  EXPECT_EQ(shown.enter("breaker", "closed"), "");
  EXPECT_EQ(shown.enter("breaker", "open"), "closed");
  shown.set_dials({"  one dial"});
  shown.draw();
  EXPECT_EQ(written(), "\n  breaker                open\n  one dial\n");
  shown.draw();
  const std::string up = "\033[1A\033[2K";
  EXPECT_EQ(written(), repeated(up, 3) + "\n  breaker                open\n  one dial\n");
  shown.erase();
  EXPECT_EQ(written(), repeated(up, 3));
  shown.erase();
  EXPECT_EQ(written(), "") << "nothing is there any more";
  shown.counter(sample(1));
  shown.draw();
  written();
  shown.clear();
  EXPECT_EQ(written(), repeated(up, 4));
  shown.draw();
  EXPECT_EQ(written(), "");
}

TEST_F(FooterTest, FitsACurveIntoTheRoomThatItsNameLeaves) {
  const auto columns_of_curve = [&](int width, const std::string& lane) {
    Footer shown = footer(width);
    for (int i = 0; i < 100; ++i) shown.counter(sample(1, "", lane));
    const std::vector<std::string> curves = shown.take_curves(2);
    EXPECT_TRUE(shown.take_curves(2).empty()) << "the next scene begins without it";
    const std::string curve = curves.at(0).substr(0, curves.at(0).find(" peak"));
    return columns(curve.substr(curve.find("█")));
  };
  EXPECT_EQ(columns_of_curve(80, ""), 40);
  EXPECT_EQ(columns_of_curve(60, ""), 60 - 2 - 14 - 17);
  EXPECT_EQ(columns_of_curve(60, "ten of it"), 60 - 2 - 15 - 17);
  EXPECT_EQ(columns_of_curve(40, "a lane with a name"), 8);
  Footer shown = footer();
  shown.counter(sample(1));
  EXPECT_TRUE(shown.take_curves(2).empty()) << "one value is no curve";
}

TEST_F(FooterTest, KeepsThePeaksOfALongScene) {
  Footer shown = footer();
  for (int i = 0; i < 20'000; ++i)
    shown.counter(sample(i == 0 || i == 10'000 || i == 19'999 ? 8 : 1));
  const std::string curve = shown.take_curves(0).at(0);
  EXPECT_THAT(curve, HasSubstr("peak 8"));
  std::size_t peaks = 0;
  for (std::size_t at = curve.find("█"); at != std::string::npos;
       at = curve.find("█", at + 1))
    ++peaks;
  EXPECT_EQ(peaks, 3u) << curve;
}

TEST(Terminal, StylesATextOnlyWhereThereIsColour) {
  const Terminal colour(true, true, 80), none(true, false, 80);
  const std::vector<std::pair<Style, std::string>> codes = {
      {Style::bold, "1"},     {Style::dim, "2"},     {Style::red, "31"},
      {Style::green, "32"},   {Style::yellow, "33"}, {Style::blue, "34"},
      {Style::magenta, "35"}, {Style::cyan, "36"}};
  for (const auto& [style, code] : codes) {
    EXPECT_EQ(colour.styled(style, "x"), "\033[" + code + "mx\033[0m");
    EXPECT_EQ(colour.styled(style, ""), "");
    EXPECT_EQ(none.styled(style, "x"), "x");
  }
  EXPECT_EQ(colour.styled(Style::plain, "x"), "x");
}

TEST(Terminal, BreaksATextAtItsWidthLessTheIndentButNotBelow20Columns) {
  const std::string text = "1234 6789 1234 6789 1234 6789";
  const Terminal narrow(false, false, 40);
  EXPECT_EQ(narrow.wrapped(text, 15).front(), "1234 6789 1234 6789 1234");
  EXPECT_EQ(narrow.wrapped(text, 30).front(), "1234 6789 1234 6789");
}

TEST(Terminal, CountsColumnsAndNotBytes) {
  EXPECT_EQ(columns("a▸é"), 3);
  EXPECT_EQ(padded("▸é", 4), "▸é  ");
  EXPECT_EQ(padded("abc", 3), "abc");
  EXPECT_EQ(padded("abc", 2), "abc");
}

TEST(Terminal, DrawsValuesAsBarsAgainstTheLargest) {
  EXPECT_EQ(sparkline({}), "");
  EXPECT_EQ(sparkline({0, 0}), "▁▁");
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline({-3, 3.6, 3.4, 7}), "▁▅▄█");
}

TEST(Terminal, LetsNoControlCharacterThrough) {
  EXPECT_EQ(printable("a\nb\tc\x1f\x7f\x01 ~"), "a b c??? ~");
  EXPECT_EQ(printable("▸é"), "▸é");
}

// Standard output of a program: a terminal of this size, or none.
std::pair<int, int> size_found(std::optional<winsize> size, const char* columns) {
  const int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
  const int theirs =
      open(size ? ptsname(ours) : "/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(!size || ioctl(ours, TIOCSWINSZ, &*size) == 0);
  int answer[2];
  EXPECT_EQ(pipe2(answer, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(theirs, STDOUT_FILENO);
    columns ? setenv("COLUMNS", columns, 1) : unsetenv("COLUMNS");
    const Terminal found = Terminal::of_stdout();
    const std::pair<int, int> told(found.width(), found.height());
    _exit(write(answer[1], &told, sizeof told) == sizeof told ? 0 : 1);
  }
  int status = 1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::pair<int, int> told;
  EXPECT_EQ(read(answer[0], &told, sizeof told), ssize_t{sizeof told});
  for (const int fd : {ours, theirs, answer[0], answer[1]}) close(fd);
  return told;
}

TEST(Terminal, IsAsLargeAsItSaysAndHasALeastSize) {
  const auto of = [](unsigned short rows, unsigned short columns) {
    return winsize{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  };
  EXPECT_EQ(size_found(of(30, 100), "70"), std::pair(100, 30));
  EXPECT_EQ(size_found(of(1, 1), nullptr), std::pair(40, 16));
  EXPECT_EQ(size_found(of(16, 40), nullptr), std::pair(40, 16));
  EXPECT_EQ(size_found(of(17, 41), nullptr), std::pair(41, 17));
  EXPECT_EQ(size_found(of(0, 0), nullptr), std::pair(80, 24)) << "it does not say";
  EXPECT_EQ(size_found(of(0, 0), "70"), std::pair(70, 24));
}

TEST(Terminal, ThatIsNoneHasTheWidthOfTheEnvironmentOr80Columns) {
  EXPECT_EQ(size_found({}, nullptr), std::pair(80, 24));
  EXPECT_EQ(size_found({}, "132"), std::pair(132, 24));
  EXPECT_EQ(size_found({}, "1"), std::pair(40, 24));
  for (const char* none : {"", "wide", "0", "-1"})
    EXPECT_EQ(size_found({}, none), std::pair(80, 24)) << none;
}

// What a program with this environment finds on a terminal of 100 columns.
std::string found_on_a_terminal(const char* no_color, const char* term) {
  const int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
  const int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
  const winsize size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  EXPECT_EQ(ioctl(ours, TIOCSWINSZ, &size), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(theirs, STDOUT_FILENO);
    no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
    setenv("TERM", term, 1);
    const Terminal found = Terminal::of_stdout();
    _exit((found.width() == 100 ? 4 : 0) + (found.interactive() ? 2 : 0) +
          (found.colour() ? 1 : 0));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  close(ours);
  close(theirs);
  const int bits = WEXITSTATUS(status);
  return std::string(bits & 4 ? "wide" : "") + (bits & 2 ? " interactive" : "") +
         (bits & 1 ? " colour" : "");
}

TEST(Terminal, HasColourUnlessSomebodyWantsNoneOrItIsDumb) {
  EXPECT_EQ(found_on_a_terminal(nullptr, "xterm"), "wide interactive colour");
  EXPECT_EQ(found_on_a_terminal("", "xterm"), "wide interactive colour");
  EXPECT_EQ(found_on_a_terminal("1", "xterm"), "wide interactive");
  EXPECT_EQ(found_on_a_terminal(nullptr, "dumb"), "wide");
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

// --- whole screens, of events at given times ---

using Kind = Record::Kind;

class Screen {
 public:
  explicit Screen(Terminal terminal = {false, false, 60}, Telling telling = Telling::full)
      : narrator_(out_.get(), terminal, kAbout, telling) {}

  Narrator& narrator() { return narrator_; }
  void at(double ms, Kind kind, Record record) {
    record.kind = kind;
    record.nanoseconds = 5'000'000'000 + static_cast<std::uint64_t>(ms * 1e6);
    narrator_.event(record);
  }
  std::string text() {
    std::fflush(out_.get());
    std::string text(static_cast<std::size_t>(std::ftell(out_.get())), '\0');
    std::rewind(out_.get());
    text.resize(std::fread(text.data(), 1, text.size(), out_.get()));
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_{std::tmpfile(), std::fclose};
  Narrator narrator_;
};

TEST(WholeScreen, OfARunWithoutATerminal) {
  Screen screen;
  screen.at(0, Kind::scene, {.name = "First"});
  screen.at(1, Kind::say,
            {.name = "A sentence that is too long for one line of sixty columns."});
  screen.at(2, Kind::instant,
            {.name = "came",
             .lane = "loop",
             .args = {{"n", std::int64_t{42}},
                      {"late", 0.51239},
                      {"ok", true},
                      {"bad", false},
                      {"who", std::string("me")}}});
  screen.at(3, Kind::instant, {.name = "no lane"});
  screen.at(4, Kind::begin, {.id = 1, .name = "short", .lane = "loop"});
  screen.at(4.05, Kind::end, {.link = 1});
  screen.at(5, Kind::begin, {.id = 2, .name = "long", .lane = "loop"});
  screen.at(5.1, Kind::end, {.link = 2});
  screen.at(6, Kind::end, {.link = 2});
  screen.at(7, Kind::state, {.name = "closed", .lane = "breaker"});
  screen.at(8, Kind::state, {.name = "open", .lane = "breaker"});
  screen.at(9, Kind::claim,
            {.name = "It holds.",
             .args = {{"id", std::string("99.1")},
                      {"holds", true},
                      {"evidence", std::string("1 of 1")}}});
  screen.at(10, Kind::claim,
            {.name = "It does not hold, and takes two lines to say so.",
             .args = {{"id", std::string("99.2")},
                      {"holds", false},
                      {"evidence", std::string("0 of 1")}}});
  screen.at(11, Kind::nuance,
            {.name = "Not always.", .args = {{"id", std::string("99.1")}}});
  screen.at(12, Kind::takeaway, {.name = "Remember this."});
  for (const Kind kind : {Kind::flow_out, Kind::flow_in, Kind::queued, Kind::taken,
                          Kind::actor, Kind::picture}) {
    screen.at(13, kind, {.name = "for pictures only"});
  }
  screen.narrator().knob("rate", "7", "");
  screen.narrator().knob("rate", "x", "no\nnumber");
  screen.narrator().tick(9'000'000'000);
  screen.at(20, Kind::scene, {.name = "Second"});
  screen.at(1520, Kind::instant, {.name = "came", .lane = "loop"});
  screen.narrator().end(
      {.exit_code = 1, .claims = 2, .failed = 1, .events = 17, .dropped = 3});
  EXPECT_EQ(screen.text(), R"(
 99  What is shown?
     Nothing moves.

── First ─────────────────────────────────────────────────
      1.0  A sentence that is too long for one line of sixty
           columns.
      2.0  loop       • came  n 42  late 0.512  ok yes  bad no  who me
      3.0             • no lane
      5.1  loop       ▬ long  0.100 ms
      7.0  breaker    ■ closed
      8.0  breaker    ■ closed → open
    ✔ 99.1   It holds.
             1 of 1
    ✘ 99.2   It does not hold, and takes two lines to say
             so.
             0 of 1
  but 99.1   Not always.
      so  Remember this.
    knob   rate = 7
    knob   rate: no number
           … and 1 more event: 1 × spans under 0.1 ms (all
           of them: --trace FILE)

── Second ────────────────────────────────────────────────
   1500.0  loop       • came

  ✘ 1 of 2 claims hold · 1.5 s · 17 events · 3 more were dropped
)");
}

// The name of a lane moves the marks of its scene, and of no other.
TEST(WholeScreen, SetsTheMarksBelowEachOtherHoweverLongALaneIs) {
  Screen screen({false, false, 60});
  screen.at(0, Kind::scene, {.name = "First"});
  screen.at(0, Kind::picture,
            {.name = "strips",
             .args = {{"feeds", std::string("a") + kEndOfCell + "eighteen columns, a" +
                                    kEndOfCell + kEndOfRow}}});
  screen.at(1, Kind::instant, {.name = "came", .lane = "a"});
  screen.at(2, Kind::state, {.name = "open", .lane = "eighteen columns, a"});
  screen.at(3, Kind::instant, {.name = "no lane"});
  screen.at(4, Kind::instant, {.name = "far", .lane = std::string(25, 'w')});
  screen.at(5, Kind::instant, {.name = "came", .lane = "a"});
  screen.at(6, Kind::scene, {.name = "Second"});
  screen.at(7, Kind::instant, {.name = "came", .lane = "a"});
  screen.at(8, Kind::instant, {.name = "came", .lane = "eleven cols"});
  screen.at(9, Kind::instant, {.name = "went", .lane = "a"});
  const std::string text = screen.text();
  EXPECT_THAT(text, HasSubstr("      1.0  a                   • came\n"
                              "      2.0  eighteen columns, a ■ open\n"
                              "      3.0                      • no lane\n"
                              "      4.0  wwwwwwwwwwwwwwwwwwwwwwwww • far\n"
                              "      5.0  a                   • came\n"));
  EXPECT_THAT(text, HasSubstr("      1.0  a          • came\n"
                              "      2.0  eleven cols • came\n"
                              "      3.0  a           • went\n"));
}

// --- a tree of words ---

std::string row_of(std::initializer_list<const char*> cells) {
  std::string row;
  for (const char* cell : cells) row += std::string(cell) + kEndOfCell;
  return row + kEndOfRow;
}

TEST(TreeOfWords, TellsWhichLeavesOfATreeHaveWhichWord) {
  Screen screen;
  screen.at(1, Kind::table,
            {.name = "Lights",
             .args = {{"columns", row_of({"test", "suite", "light"})},
                      {"rows",
                       row_of({"unit", "", ""}) + row_of({"unit: a", "unit", "green"}) +
                           row_of({"unit: b", "unit", "red"}) +
                           row_of({"unit: c", "unit", "green"}) +
                           row_of({"whole", "", ""}) + row_of({"d", "whole", "red"})}}});
  EXPECT_THAT(screen.text(), HasSubstr(R"(
           Lights
           suite  green  red
           unit   a, c   b
           whole         d
)"));
}

TEST(TreeOfWords, LeavesATreeOfNumbersAsItIs) {
  Screen screen;
  screen.at(
      1, Kind::table,
      {.name = "Bytes",
       .args = {{"columns", row_of({"site", "parent", "bytes"})},
                {"rows", row_of({"shop", "", ""}) + row_of({"cache", "shop", "12"})}}});
  EXPECT_THAT(screen.text(), HasSubstr(R"(
           site   parent  bytes
           shop
           cache  shop    12
)"));
}

// --- a scene fits the screen ---

std::string rows_of(int count, const std::string& cell = "x") {
  std::string rows;
  for (int row = 0; row < count; ++row) rows += cell + kEndOfCell + kEndOfRow;
  return rows;
}

void add_table(Screen& screen, const char* title, int rows) {
  screen.at(3, Kind::table,
            {.name = title, .args = {{"columns", rows_of(1)}, {"rows", rows_of(rows)}}});
}

void add_claim(Screen& screen, const std::string& evidence, bool holds = true) {
  screen.at(
      4, Kind::claim,
      {.name = "It is so.",
       .args = {{"id", std::string("99.1")}, {"holds", holds}, {"evidence", evidence}}});
}

// `lines` lines of evidence on a terminal of 60 columns; the last word is the line's number.
std::string evidence_of(int lines) {
  std::string text;
  for (int line = 1; line <= lines; ++line)
    text += std::string(44, 'e') + " " + std::to_string(line) + " ";
  text.pop_back();
  return text;
}

// The lines of the scene that was told: from its title to its end.
std::vector<std::string> scene_of(Screen& screen) {
  screen.narrator().end({});
  const std::string text = screen.text();
  std::istringstream stream(text.substr(text.find("── ")));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line) && line != "  ✔ 0.0 s · 0 events";)
    lines.push_back(line);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

constexpr std::size_t kScene = 22;  // with the question what comes next that makes 24

TEST(ASceneOnATerminal, ShowsNoEventsAndWhatIsPipedShowsAll) {
  const auto shown = [](Terminal terminal) {
    Screen screen(terminal, Telling::brief);
    screen.at(0, Kind::scene, {.name = "S"});
    screen.at(1, Kind::instant, {.name = "came"});
    screen.at(2, Kind::state, {.name = "open", .lane = "breaker"});
    add_table(screen, "table", 40);
    add_claim(screen, evidence_of(9));
    screen.narrator().end({});
    return screen.text();
  };
  const std::string brief = shown({true, false, 60});
  EXPECT_THAT(brief, Not(HasSubstr("came")));
  EXPECT_THAT(brief, HasSubstr(" and 2 events; -v shows them)\n"));
  const std::string piped = shown({false, false, 60});
  EXPECT_THAT(piped, HasSubstr("• came"));
  EXPECT_THAT(piped, HasSubstr("e 9\n"));
  EXPECT_EQ(std::ranges::count(piped, 'x'), 41);
  EXPECT_THAT(piped, Not(HasSubstr("-v")));
}

TEST(ASceneOnATerminal, IsWholeAsLongAsItFits) {
  const auto scene_with = [](int rows) {
    Screen screen({true, false, 60}, Telling::brief);
    screen.at(0, Kind::scene, {.name = "S"});
    add_table(screen, "table", rows);
    add_claim(screen, evidence_of(4));
    return scene_of(screen);
  };
  for (const int rows : {13, 14}) {  // of 14 only the blank line above them is missing
    const auto whole = scene_with(rows);
    EXPECT_EQ(whole.size(), kScene);
    EXPECT_THAT(whole.back(), HasSubstr("e 4"));
  }
  const auto cut = scene_with(15);
  EXPECT_EQ(cut.size(), kScene);
  EXPECT_THAT(cut.back(), HasSubstr("(2 more lines; -v shows them)"));
}

// A row more or less of a long table says little; a line of the evidence ends in the middle.
TEST(ASceneOnATerminal, TakesRowsOfATableThatIsCutAlreadyBeforeTheEndOfTheEvidence) {
  const auto scene_with = [](int sentences, int rows) {
    Screen screen({true, false, 60}, Telling::brief);
    screen.at(0, Kind::scene, {.name = "S"});
    for (int line = 0; line < sentences; ++line)
      screen.at(1, Kind::say, {.name = "Said."});
    add_table(screen, "table", rows);
    add_claim(screen, evidence_of(2));
    add_claim(screen, evidence_of(2));
    return testing::PrintToString(scene_of(screen));
  };
  const std::string long_one = scene_with(8, 9);
  EXPECT_THAT(long_one, HasSubstr("… 6 more rows: -v"));
  EXPECT_THAT(long_one, Not(HasSubstr("e …")));
  const std::string short_one = scene_with(9, 5);
  EXPECT_THAT(short_one, Not(HasSubstr("more rows"))) << "a table that is whole stays so";
  EXPECT_THAT(short_one, HasSubstr("e …"));
}

TEST(ASceneOnATerminal, IsShortenedWhereItMattersLeast) {
  Screen screen({true, false, 60}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "S"});
  screen.at(1, Kind::say, {.name = "Said."});
  add_table(screen, "first", 9);
  add_table(screen, "second", 9);
  add_claim(screen, evidence_of(2));
  screen.at(5, Kind::nuance,
            {.name = "A short sentence. " + evidence_of(3),
             .args = {{"id", std::string("99.1")}}});
  screen.at(6, Kind::takeaway, {.name = "Remember."});
  for (int i = 0; i < 4; ++i)
    for (const char* lane : {"a", "b", "c"})
      screen.at(7, Kind::counter, {.value = 1.0 * i, .name = "queue", .lane = lane});
  const auto lines = scene_of(screen);
  EXPECT_LE(lines.size(), kScene);
  const std::string text = testing::PrintToString(lines);
  EXPECT_THAT(text, HasSubstr("Said."));
  EXPECT_THAT(text, HasSubstr("first"));
  EXPECT_THAT(text, HasSubstr("second: 9 rows (-v shows them)"));
  EXPECT_THAT(text, HasSubstr("e 2\""));  // all of the evidence
  EXPECT_THAT(text, HasSubstr("but 99.1   A short sentence. …"));
  EXPECT_THAT(text, HasSubstr("so  Remember."));
  EXPECT_THAT(lines.back(), ContainsRegex("\\([0-9]+ more lines; -v shows them\\)"));
}

TEST(ASceneOnATerminal, LeavesTheTableOfATreeBehindAnotherToThePicture) {
  const auto scene_with = [](Telling telling, bool interactive) {
    Screen screen({interactive, false, 60}, telling);
    screen.at(0, Kind::scene, {.name = "S"});
    screen.at(1, Kind::picture,
              {.name = "tree",
               .args = {{"feeds", std::string("drawn") + kEndOfCell + kEndOfRow}}});
    add_table(screen, "first", 2);
    add_table(screen, "drawn", 2);
    add_table(screen, "third", 2);
    return testing::PrintToString(scene_of(screen));
  };
  const std::string brief = scene_with(Telling::brief, true);
  EXPECT_THAT(brief, HasSubstr("first"));
  EXPECT_THAT(brief, Not(HasSubstr("drawn")));
  EXPECT_THAT(brief, HasSubstr("third"));
  EXPECT_THAT(scene_with(Telling::full, true), HasSubstr("drawn"));
  EXPECT_THAT(scene_with(Telling::brief, false), HasSubstr("drawn"));
}

TEST(ASceneOnATerminal, FitsHoweverMuchItHasToTell) {
  for (const int claims : {1, 2, 3, 5, 7}) {
    Screen screen({true, false, 60}, Telling::brief);
    screen.at(0, Kind::scene, {.name = "S"});
    for (int i = 0; i < 3; ++i) add_table(screen, "a table of the scene", 20);
    for (int claim = 0; claim < claims; ++claim) {
      add_claim(screen, evidence_of(5));
      screen.at(5, Kind::nuance,
                {.name = evidence_of(5), .args = {{"id", std::string("99.1")}}});
    }
    screen.at(6, Kind::takeaway, {.name = "Remember."});
    const auto lines = scene_of(screen);
    EXPECT_LE(lines.size(), kScene) << testing::PrintToString(lines);
    EXPECT_EQ(std::ranges::count_if(
                  lines, [](const auto& line) { return line.find("✔") != line.npos; }),
              claims);
    for (const std::string& line : lines) EXPECT_LE(columns(line), 60) << line;
  }
}

TEST(ASceneOnATerminal, KeepsTheWholeEvidenceOfAClaimThatFailed) {
  Screen screen({true, false, 60}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "S"});
  add_table(screen, "table", 30);
  add_claim(screen, evidence_of(9));
  add_claim(screen, evidence_of(7), false);
  const std::string text = testing::PrintToString(scene_of(screen));
  EXPECT_THAT(text, HasSubstr("e 7"));
  EXPECT_THAT(text, Not(HasSubstr("e 9")));
}

TEST(ASceneOnATerminal, HasMoreRoomOnATallerOne) {
  Screen screen({true, false, 60, 50}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "S"});
  add_table(screen, "table", 30);
  add_claim(screen, evidence_of(9));
  EXPECT_THAT(testing::PrintToString(scene_of(screen)), Not(HasSubstr("-v")));
}

// A live scene does not end by itself: what it tells is shown at once.
TEST(ASceneOnATerminal, IsNotHeldBackWhileItIsLive) {
  for (const Telling telling : {Telling::live, Telling::brief}) {
    Screen screen({true, false, 60}, telling);
    screen.at(0, Kind::scene, {.name = "S"});
    screen.at(1, Kind::say, {.name = "Said."});
    screen.at(2, Kind::takeaway, {.name = "Told."});
    add_claim(screen, "seen");
    const std::string text = screen.text();
    EXPECT_THAT(text, HasSubstr("Said."));
    EXPECT_THAT(text, HasSubstr("Told."));
    EXPECT_EQ(text.find("seen") != text.npos, telling == Telling::live);
  }
}

TEST(WholeScreen, AsksBetweenTwoScenesAndDoesNotCountThePause) {
  Screen screen({true, false, 60}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "First"});
  screen.at(200, Kind::say, {.name = "Done."});
  screen.narrator().ask("Second", 2, 3);
  screen.narrator().tick(9'000'000'000);
  screen.narrator().go_on();
  screen.at(9000, Kind::scene, {.name = "Second"});
  screen.at(9100, Kind::say, {.name = "Also."});
  screen.narrator().end({.claims = 1, .events = 4});
  const std::string text = screen.text();
  EXPECT_THAT(text, HasSubstr("Done.\n\n  Enter: Second (2 of 3)   a: all   q: quit"
                              "\r\033[2K\033[1A\n"));
  EXPECT_THAT(text, HasSubstr("    100.0  Also.\n"));
  EXPECT_THAT(text, HasSubstr("1 of 1 claims hold · 0.3 s"));
}

TEST(WholeScreen, TakesTheQuestionAwayWhenTheRunEndsInsteadOfAnAnswer) {
  Screen screen({true, false, 60}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "First"});
  screen.narrator().ask("Second", 2, 3);
  screen.narrator().end({.claims = 1, .events = 1});
  EXPECT_THAT(screen.text(), HasSubstr("q: quit\r\033[2K\033[1A"));
}

// Only one line is cleared away when a key comes.
TEST(WholeScreen, AsksInOneLineHoweverLongTheTitleIs) {
  Screen screen({true, false, 60}, Telling::brief);
  screen.at(0, Kind::scene, {.name = "First"});
  screen.narrator().ask("A title of words that are too many", 2, 3);
  EXPECT_THAT(screen.text(),
              HasSubstr("\n  Enter: A title of words … (2 of 3)   a: all   q: quit"));
}

// The last lines, for each way in which a run can end.
TEST(WholeScreen, EndsWithTheMarkAndTheReason) {
  const auto ending = [](const RunEnd& end) {
    Screen screen;
    screen.at(0, Kind::instant, {.name = "x"});
    screen.at(200, Kind::instant, {.name = "x"});
    screen.narrator().end(end);
    const std::string text = screen.text();
    return text.substr(text.find("x\n", text.find("x\n") + 1) + 2);
  };
  EXPECT_EQ(ending({.claims = 2, .events = 9}),
            "\n  ✔ 2 of 2 claims hold · 0.2 s · 9 events\n");
  EXPECT_EQ(ending({.events = 9}), "\n  ✔ 0.2 s · 9 events\n");
  EXPECT_EQ(ending({.exit_code = 1, .claims = 2, .failed = 2, .events = 9}),
            "\n  ✘ 0 of 2 claims hold · 0.2 s · 9 events\n");
  EXPECT_EQ(ending({.exit_code = 139, .killed_by = 11, .events = 9}),
            "\n  the lab was killed by signal 11; above is all it had told until then\n"
            "  ✘ 0.2 s · 9 events\n");
  EXPECT_EQ(ending({.exit_code = 143, .killed_by = 15, .stopped = true, .events = 9}),
            "\n  ■ stopped · 0.2 s · 9 events\n");
  EXPECT_EQ(ending({.stopped = true, .events = 9, .dropped = 4}),
            "\n  ✔ stopped · 0.2 s · 9 events · 4 more were dropped\n");
}

// Six of a name, and 48 events of all names, are shown in a scene; the next scene begins anew.
TEST(WholeScreen, CountsWhatItDoesNotShow) {
  Screen screen;
  screen.at(0, Kind::scene, {.name = "flood"});
  for (int i = 0; i < 8; ++i) screen.at(1, Kind::instant, {.name = "same"});
  for (int i = 0; i < 43; ++i)
    screen.at(1, Kind::instant, {.name = "n" + std::to_string(i)});
  screen.at(2, Kind::scene, {.name = "after"});
  screen.at(3, Kind::instant, {.name = "same"});
  const std::string text = screen.text();
  EXPECT_THAT(text, HasSubstr("• n41\n"));
  EXPECT_THAT(text, Not(HasSubstr("• n42\n")));
  EXPECT_THAT(text,
              HasSubstr("           … and 3 more events: 2 × same, 1 × n42 (all of\n"
                        "           them: --trace FILE)\n"));
  EXPECT_THAT(text.substr(text.find("after")), HasSubstr("• same\n"));
}

TEST(WholeScreen, NamesTheMostFrequentOfWhatItDoesNotShow) {
  Screen screen({false, false, 200});
  for (int name = 0; name < 9; ++name) {
    for (int i = 0; i < 7 + name; ++i)
      screen.at(1, Kind::instant,
                {.name = std::string(9, static_cast<char>('a' + name))});
  }
  screen.narrator().end({});
  EXPECT_THAT(screen.text(),
              HasSubstr("and 51 more events: 15 × iiiiiiiii, 8 × hhhhhhhhh, "
                        "7 × ggggggggg (all of them"));
}

// The terminal's codes in a form that can be read: <33> a style, </> its end, <up> a line that
// is erased.
std::string with_names(std::string text) {
  text = std::regex_replace(text, std::regex("\033\\[1A\033\\[2K"), "<up>");
  text = std::regex_replace(text, std::regex("\033\\[0m"), "</>");
  return std::regex_replace(text, std::regex("\033\\[([0-9]+)m"), "<$1>");
}

// On a terminal, with colour: the footer is drawn when there is a scene and a tenth of a
// second has passed, erased before anything is printed, and gone at the end.
TEST(WholeScreen, OnATerminalKeepsTheFooterBelow) {
  Screen screen({true, true, 60});
  screen.at(0, Kind::state, {.name = "half open", .lane = "breaker"});
  screen.narrator().tick(1'000'000'000);
  screen.at(1, Kind::scene, {.name = "S"});
  screen.at(2, Kind::counter,
            {.value = 1536,
             .name = "queue",
             .lane = "a",
             .args = {{"unit", std::string("bytes")}}});
  screen.at(3, Kind::counter, {.value = 768, .name = "queue", .lane = "a"});
  screen.at(3, Kind::counter, {.value = 2.5, .name = "load"});
  screen.narrator().set_dials({"a dial"});
  screen.narrator().tick(1'099'999'999);
  screen.narrator().tick(1'100'000'000);
  screen.at(4, Kind::say, {.name = "said"});
  screen.narrator().tick(1'200'000'000);
  screen.narrator().tick(1'299'999'999);
  screen.at(5, Kind::instant, {.name = "on a", .lane = "a"});
  screen.at(6, Kind::instant, {.name = "on b", .lane = "b"});
  screen.narrator().end({.claims = 1, .events = 5});
  EXPECT_EQ(with_names(screen.text()), R"(
 99  <1>What is shown?</>
     <2>Nothing moves.</>
<2>      0.0  </><36>breaker   </> <33>■</> <33>half open</>

<2>── </><1>S</><2> ─────────────────────────────────────────────────────</>

  breaker                <33>half open</>
  a queue                <36>████████████░░░░░░░░░░░░</> 768 bytes
  load                   <36>████████████████████████</> 2.50
a dial
<up><up><up><up><up><2>      3.0  </>said

  breaker                <33>half open</>
  a queue                <36>████████████░░░░░░░░░░░░</> 768 bytes
  load                   <36>████████████████████████</> 2.50
a dial
<up><up><up><up><up><2>      4.0  </><34>a         </> • on a
<2>      5.0  </><35>b         </> • on b
           a queue        <36>█▅</> peak 1.5 KiB

  <32>✔</> 1 of 1 claims hold · 0.0 s · 5 events
)");
}

}  // namespace
}  // namespace lab
