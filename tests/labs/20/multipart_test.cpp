// The parser by itself: what it tells of bodies, whole, cut, malformed and random.
#include "multipart.hpp"

#include <gmock/gmock.h>
#include <malloc.h>

#include <random>
#include <string>

namespace lab20 {
namespace {

struct Told {
  std::string text;
  Progress progress = Progress::more;
};

// "name|file name|type=data;" for each part; pieces of the size that `next` says.
template <class Next>
Told parsed_by(std::string_view body, Next next) {
  Told told;
  MultipartParser parser(
      "b", {.on_part =
                [&](const Part& part) {
                  told.text += part.name + "|" + part.file_name.value_or("-") + "|" +
                               part.type + "=";
                },
            .on_data = [&](std::string_view bytes) { told.text += bytes; },
            .on_part_end = [&] { told.text += ";"; }});
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, next());
    body.remove_prefix(piece.size());
    told.progress = parser.write(piece);
  }
  return told;
}
Told parsed(std::string_view body, std::size_t pieces = std::string::npos) {
  return parsed_by(body, [pieces] { return pieces; });
}

const std::string kHead = "Content-Disposition: form-data; name=\"a\"";

TEST(MultipartParser, TellsEachPartInOrder) {
  const Told told =
      parsed("--b\r\n" + kHead + "\r\n\r\none\r\n--b\r\n" + kHead +
             "; filename=\"f.png\"\r\nContent-Type: image/png\r\n\r\ntwo\r\n--b--\r\n");
  EXPECT_EQ(told.text, "a|-|text/plain=one;a|f.png|image/png=two;");
  EXPECT_EQ(told.progress, Progress::whole);
}

TEST(MultipartParser, ReadsABodyAlikeHoweverItIsCut) {
  const std::string data = "\r\n--\r\n-b\r\r\n--\r\n--a--b\n";
  const std::string body = "--b\r\n" + kHead + "\r\n\r\n" + data + "\r\n--b--";
  for (std::size_t first = 0; first <= body.size(); ++first) {
    bool is_first = true;
    const Told told = parsed_by(body, [&] {
      return std::exchange(is_first, false) && first > 0 ? first : body.size();
    });
    ASSERT_EQ(told.text, "a|-|text/plain=" + data + ";") << "cut at " << first;
    ASSERT_EQ(told.progress, Progress::whole);
  }
  for (std::size_t size = 1; size <= body.size(); ++size)
    ASSERT_EQ(parsed(body, size).text, "a|-|text/plain=" + data + ";") << size;
}

TEST(MultipartParser, IgnoresWhatComesBeforeAndAfter) {
  const Told told =
      parsed("hello\r\n--b\r\n" + kHead + "\r\n\r\nx\r\n--b--\r\nbye\r\n--b\r\n", 3);
  EXPECT_EQ(told.text, "a|-|text/plain=x;");
  EXPECT_EQ(told.progress, Progress::whole);
}

// A client may send for ever after its form has ended, or after it was refused.
TEST(MultipartParser, KeepsNothingOfWhatItIgnores) {
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  const std::string piece(1 << 20, 'x');
  for (const std::string& body :
       {"--b\r\n" + kHead + "\r\n\r\nx\r\n--b--\r\n", std::string("--bad")}) {
    MultipartParser parser("b", {.on_part = [](const Part&) {},
                                 .on_data = [](std::string_view) {},
                                 .on_part_end = [] {}});
    ASSERT_NE(parser.write(body), Progress::more);
    const std::size_t before = in_use();
    for (int i = 0; i < 16; ++i) (void)parser.write(piece);
    EXPECT_LT(in_use(), before + piece.size()) << body;
  }
}

TEST(MultipartParser, SkipsAPartThatIsNoFormData) {
  const Told told = parsed("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\n" + kHead +
                           "\r\n\r\ny\r\n--b--");
  EXPECT_EQ(told.text, "a|-|text/plain=y;");
}

TEST(MultipartParser, UnescapesNamesAndKeepsBackslashesOfPaths) {
  const Told told = parsed(
      "--b\r\nContent-Disposition: form-data; name=\"q\\\"\\\\\"; "
      "filename=\"C:\\photo.png\"\r\n\r\nx\r\n--b--");
  EXPECT_EQ(told.text, "q\"\\|C:\\photo.png|text/plain=x;");
}

TEST(MultipartParser, NeedsTheLastBoundary) {
  EXPECT_EQ(parsed("--b\r\n" + kHead + "\r\n\r\nx\r\n--b").progress, Progress::more);
  EXPECT_EQ(parsed("--b\r\n" + kHead + "\r\n\r\nx\r\n--b-").progress, Progress::more);
  EXPECT_EQ(parsed("").progress, Progress::more);
}

TEST(MultipartParser, RefusesWhatIsMalformedForGood) {
  for (const std::string& body :
       {std::string("--bx"), std::string("--b\r\n\r\nx"),
        std::string("--b\r\nno colon\r\n\r\n"), std::string("--b\r\nA: \x01\r\n\r\n"),
        "--b\r\n" + kHead + "\r\n folded\r\n\r\n"}) {
    const Told told = parsed(body + "\r\n--b\r\n" + kHead + "\r\n\r\nx\r\n--b--", 2);
    EXPECT_EQ(told.progress, Progress::bad) << body;
    EXPECT_EQ(told.text, "") << body;
  }
}

TEST(MultipartParser, TakesAHeadOf16KiBAndNoMore) {
  const auto with_head_of = [](std::size_t size) {
    const std::string filler = "A: " + std::string(size - kHead.size() - 5, 'x') + "\r\n";
    return parsed("--b\r\n" + filler + kHead + "\r\n\r\nx\r\n--b--", 1000).progress;
  };
  EXPECT_EQ(with_head_of(16 << 10), Progress::whole);
  EXPECT_EQ(with_head_of((16 << 10) + 1), Progress::bad);
}

TEST(MultipartParser, RefusesAHeadThatNeverEnds) {
  EXPECT_EQ(parsed("--b\r\n" + std::string(17 << 10, 'x')).progress, Progress::bad);
}

// Bytes of those that delimiters are made of, so that almost-delimiters are common.
TEST(MultipartParser, ReadsRandomBytesAlikeInRandomPieces) {
  std::mt19937 random(2020);
  int whole = 0, bad = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body;
    while (random() % 12) {
      constexpr const char* kPieces[] = {
          "\r\n--b", "\r\n", "--b", "-",
          "\r",      "b",    "--",  "Content-Disposition: form-data; name=a\r\n\r\n"};
      body += kPieces[random() % std::size(kPieces)];
    }
    if (random() % 2) body = "--b\r\n" + kHead + "\r\n\r\n" + body + "\r\n--b--";
    const Told one = parsed(body),
               many = parsed_by(body, [&] { return 1 + random() % 9; });
    ASSERT_EQ(one.text, many.text) << testing::PrintToString(body);
    ASSERT_EQ(one.progress, many.progress) << testing::PrintToString(body);
    whole += one.progress == Progress::whole;
    bad += one.progress == Progress::bad;
  }
  EXPECT_GT(whole, 1000);
  EXPECT_GT(bad, 1000);
}

TEST(Boundary, StandsInTheContentType) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=x; Boundary=\"a b\""), "a b");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')),
            std::string(70, 'x'));
  for (const std::string type :
       {"", "text/plain; boundary=a", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
        "multipart/mixed; boundary=a"})
    EXPECT_EQ(boundary_of(type), std::nullopt) << type;
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')),
            std::nullopt);
}

}  // namespace
}  // namespace lab20
