// Gzip and Lines, however their input is cut; and what they refuse.
#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "common/memory_streams.hpp"
#include "gzip.hpp"
#include "lines.hpp"

namespace lab04 {
namespace {

using lab::HandSink;
using lab::ListSource;
using std::string;
using namespace std::string_literals;

struct Out {
  string bytes;
  string told;
};

// `input` in chunks of random sizes through the stages, to a sink of a random mark.
Out through(std::mt19937& random, const string& input,
            const std::function<Out(ListSource&, HandSink&, Ticks&)>& join) {
  std::vector<string> chunks;
  const std::size_t most = 1 + random() % 5000;
  for (std::size_t at = 0; at < input.size(); at += chunks.back().size())
    chunks.push_back(input.substr(at, 1 + random() % most));
  Ticks ticks;
  ListSource source(ticks, chunks, 1 + random() % 3000);
  HandSink sink(ticks, 1 + random() % 3000, random() % 2 == 0);
  return join(source, sink, ticks);
}

// With stages made for each run, and joined by one pipeline.
template <class... Stages>
Out through_stages(std::mt19937& random, const string& input) {
  return through(random, input, [](ListSource& source, HandSink& sink, Ticks& ticks) {
    const std::tuple<std::unique_ptr<Stages>...> stages{
        std::make_unique<Stages>(ticks)...};
    Out out{"", "nothing"};
    const auto told = [&](std::optional<Error> error) {
      out.told = error ? error->what() : "done";
    };
    ticks.run([&] {
      std::apply(
          [&](const auto&... stage) { pipeline(source, {stage.get()...}, sink, told); },
          stages);
    });
    sink.answer_all();
    out.bytes = sink.received;
    return out;
  });
}

string some_text(std::mt19937& random) {
  string text(random() % 200'000, '\0');
  const unsigned letters = 1 + random() % 256;  // from one letter to noise
  for (char& byte : text) byte = static_cast<char>(random() % letters);
  return text;
}

TEST(GzipStage, RoundTripsAreEqualForRandomTextsChunksAndMarks) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const string text = some_text(random);
    const Out out = through_stages<Gzip, Gunzip>(random, text);
    ASSERT_EQ(out.told, "done") << seed;
    ASSERT_TRUE(out.bytes == text) << seed;
  }
}

TEST(GzipStage, OutputDoesNotDependOnTheChunks) {
  std::mt19937 random(7);
  const string text = some_text(random);
  const string first = through_stages<Gzip>(random, text).bytes;
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(
        through_stages<Gunzip>(random, through_stages<Gzip>(random, text).bytes).bytes ==
        text);
  EXPECT_NE(first, text);
}

TEST(GzipStage, TheEmptyInputIsAnEmptyMember) {
  std::mt19937 random(1);
  const Out packed = through_stages<Gzip>(random, "");
  EXPECT_EQ(packed.bytes.size(), 20u);
  const Out back = through_stages<Gunzip>(random, packed.bytes);
  EXPECT_EQ(back.told + back.bytes, "done");
}

TEST(GunzipStage, TakesSeveralMembersAndIgnoresWhatComesBehindAZero) {
  std::mt19937 random(2);
  const string two = through_stages<Gzip>(random, "one ").bytes +
                     through_stages<Gzip>(random, "two").bytes;
  EXPECT_EQ(through_stages<Gunzip>(random, two).bytes, "one two");
  for (const string& behind : {string(4, '\0'), '\0' + two, "\0garbage"s})
    for (int run = 0; run < 20; ++run) {  // wherever it is cut
      const Out out = through_stages<Gunzip>(random, two + behind);
      ASSERT_EQ(out.bytes + out.told, "one twodone");
    }
}

// What Gunzip makes of a text that comes in these two chunks.
Out gunzipped(const string& first, const string& second) {
  Ticks ticks;
  Gunzip gunzip(ticks);
  Out out{"", "nothing"};
  gunzip.on_data([&](const Chunk& chunk) { out.bytes += chunk.view(); });
  gunzip.on_error([&](const Error& error) { out.told = error.what(); });
  gunzip.on_end([&] { out.told = "done"; });
  for (const string& chunk : {first, second})
    ticks.run([&] { (void)gunzip.write(Chunk(chunk)); });
  ticks.run([&] { gunzip.end(); });
  return out;
}

// Also where the last byte of a chunk is the first of a member, and where a member fills the
// room for its output to the last byte.
TEST(GunzipStage, TakesSeveralMembersWhereverTheyAreCut) {
  std::mt19937 random(2);
  for (const std::size_t size : {4u, 16u << 10, 32u << 10}) {
    const string text(size, 'x');
    const string one = through_stages<Gzip>(random, text).bytes;
    for (std::size_t cut = 1; cut < 2 * one.size(); ++cut) {
      const Out out = gunzipped((one + one).substr(0, cut), (one + one).substr(cut));
      ASSERT_EQ(out.told, "done") << size << ", cut at " << cut;
      ASSERT_TRUE(out.bytes == text + text) << size << ", cut at " << cut;
    }
  }
}

TEST(GunzipStage, RefusesASecondMemberThatIsCutOff) {
  std::mt19937 random(2);
  const string one = through_stages<Gzip>(random, "one").bytes;
  for (std::size_t kept = 1; kept < one.size(); ++kept)
    EXPECT_EQ(gunzipped(one, one.substr(0, kept)).told, "gunzip: unexpected end of file");
}

TEST(GunzipStage, RefusesWhatIsNoMemberBehindOne) {
  std::mt19937 random(2);
  const string one = through_stages<Gzip>(random, "one").bytes;
  for (const string& behind : {"garbage"s, "garbage" + one, "\x1f\0"s})
    EXPECT_EQ(through_stages<Gunzip>(random, one + behind).told,
              "gunzip: incorrect header check");
}

TEST(GunzipStage, RefusesWhatIsCutOffWhereverThatIs) {
  std::mt19937 random(3);
  const string packed = through_stages<Gzip>(random, "the quick brown fox").bytes;
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const Out out = through_stages<Gunzip>(random, packed.substr(0, size));
    ASSERT_EQ(out.told, "gunzip: unexpected end of file") << size;
  }
}

TEST(GunzipStage, RefusesGarbageAndAWrongChecksum) {
  std::mt19937 random(4);
  EXPECT_EQ(through_stages<Gunzip>(random, "no gzip at all").told,
            "gunzip: incorrect header check");
  string packed = through_stages<Gzip>(random, "the quick brown fox").bytes;
  packed[packed.size() - 6] ^= 1;
  EXPECT_EQ(through_stages<Gunzip>(random, packed).told, "gunzip: incorrect data check");
}

TEST(GunzipStage, NoRandomInputBreaksIt) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    string bytes = through_stages<Gzip>(random, string(1 + random() % 500, 'x')).bytes;
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const Out out = through_stages<Gunzip>(random, bytes);
    ASSERT_TRUE(out.told == "done" || out.told.starts_with("gunzip: ")) << out.told;
  }
}

// What Lines makes of a text that comes in chunks of random sizes.
std::vector<string> lines_of(const string& text, unsigned seed) {
  std::mt19937 random(seed);
  Ticks ticks;
  Lines lines(ticks);
  std::vector<string> read;
  int expected = 0;
  lines.on_data([&](const Chunk& chunk) {
    EXPECT_EQ(chunk.as<Line>()->number, ++expected);
    read.push_back(chunk.as<Line>()->text);
  });
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = 1 + random() % 7;
    ticks.run([&] { (void)lines.write(Chunk(text.substr(at, size))); });
    at += size;
  }
  ticks.run([&] { lines.end(); });
  return read;
}

TEST(LinesStage, AreTheSameHoweverTheTextIsCut) {
  const std::vector<string> expected{"one", "", "three", "and the last"};
  for (unsigned seed = 1; seed <= 100; ++seed)
    EXPECT_EQ(lines_of("one\n\nthree\nand the last", seed), expected);
  EXPECT_EQ(lines_of("one\n", 1), std::vector<string>{"one"});
  EXPECT_TRUE(lines_of("", 1).empty());
}

TEST(LinesStage, HoldTheSourceBackWhenNobodyTakesThem) {
  Ticks ticks;
  Lines lines(ticks);
  std::size_t written = 0;
  ticks.run([&] {
    while (written < 100'000 && lines.write(Chunk("a line\n"))) ++written;
  });
  EXPECT_LT(written, 3000u);  // the mark of the bytes, and sixteen objects
}

}  // namespace
}  // namespace lab04
