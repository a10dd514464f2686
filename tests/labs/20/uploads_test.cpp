// An upload into a sink of the test's: limits on both sides, names, types, and what is left.
#include "uploads.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include <optional>
#include <set>

namespace lab20 {
namespace {

struct SinkLog {
  std::string bytes;
  bool has_room = true, failed = false, stored = true;
  bool finished = false, gone = false;
  std::function<void()> on_room;
};

struct LoggingSink : Sink {
  explicit LoggingSink(SinkLog& kept) : log(kept) {}
  ~LoggingSink() override { log.gone = true; }
  bool write(std::string_view bytes) override {
    log.bytes += bytes;
    return log.has_room;
  }
  void finish(std::function<void(bool)> on_stored) override {
    log.finished = true;
    on_stored(log.stored);
  }
  bool failed() const override { return log.failed; }
  SinkLog& log;
};

class UploadTest : public testing::Test {
 protected:
  UploadTest() { limits_.file_bytes = 100; }

  void begin() {
    upload_.emplace(
        "multipart/form-data; boundary=b", limits_,
        [this](const std::string&, std::function<void()> on_room) {
          log_.on_room = std::move(on_room);
          return std::make_unique<LoggingSink>(log_);
        },
        [this] { ++resumed_; },
        [this](const Outcome& outcome) {
          ++outcomes_;
          outcome_ = outcome;
        });
  }
  static std::string field(const std::string& name, const std::string& value) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" +
           value + "\r\n";
  }
  static std::string file(const std::string& bytes, const std::string& type = "a/b",
                          const std::string& name = "f") {
    return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
           "\"\r\nContent-Type: " + type + "\r\n\r\n" + bytes + "\r\n";
  }
  // The status of an upload of these parts, in pieces of 7 bytes.
  int status(const std::string& parts, const std::string& end = "--b--\r\n") {
    log_ = {};
    begin();
    const std::string body = parts + end;
    for (std::size_t at = 0; at < body.size(); at += 7)
      if (!upload_->write(std::string_view(body).substr(at, 7)))
        ADD_FAILURE() << "no room";
    upload_->end();
    return outcome_.status;
  }

  Limits limits_;
  SinkLog log_;
  std::optional<Upload> upload_;
  int resumed_ = 0, outcomes_ = 0;
  Outcome outcome_;
};

TEST_F(UploadTest, PutsTheFileIntoItsSinkAndFinishesIt) {
  EXPECT_EQ(status(field("album", "x") + file("some bytes")), 201);
  EXPECT_EQ(log_.bytes, "some bytes");
  EXPECT_TRUE(log_.finished);
  EXPECT_EQ(outcome_.fields, (std::map<std::string, std::string>{{"album", "x"}}));
  EXPECT_EQ(outcomes_, 1);
}

TEST_F(UploadTest, TakesAFileOfTheLimitAndNoLarger) {
  EXPECT_EQ(status(file(std::string(100, 'x'))), 201);
  EXPECT_EQ(status(file(std::string(101, 'x'))), 413);
  EXPECT_FALSE(log_.finished);
}

TEST_F(UploadTest, TakesAsManyFieldsAndAsLongOnesAsTheLimitsSay) {
  limits_.fields = 2;
  limits_.field_bytes = 3;
  EXPECT_EQ(status(field("a", "123") + field("b", "")), 201);
  EXPECT_EQ(status(field("a", "1234")), 413);
  EXPECT_EQ(status(field("a", "") + field("b", "") + field("c", "")), 413);
  EXPECT_EQ(status(field("a", "") + field("a", "")), 201);
  EXPECT_EQ(status(field("a", "") + field("a", "") + field("a", "")), 413)
      << "fields count, not their names";
}

TEST_F(UploadTest, TakesOneFile) {
  EXPECT_EQ(status(file("x") + file("y")), 413);
  EXPECT_FALSE(log_.finished);
}

// A refusal may come in the middle of a piece; what follows it there is not looked at.
TEST_F(UploadTest, StoresNothingOfASecondFileInTheSamePiece) {
  for (const char* second : {"another", "another file"}) {
    log_ = {};
    begin();
    (void)upload_->write(file("the first file") + file(second) + "--b--\r\n");
    EXPECT_EQ(outcome_.status, 413);
    EXPECT_EQ(log_.bytes, "the first file") << second;
  }
}

TEST_F(UploadTest, OpensNoSinkOnceItHasRefused) {
  limits_.field_bytes = 3;
  begin();
  EXPECT_TRUE(upload_->write(field("a", "1234") + file("some bytes") + "--b--\r\n"));
  EXPECT_EQ(outcome_.status, 413);
  EXPECT_FALSE(log_.on_room);
}

TEST_F(UploadTest, TakesAFormWhoseUserChoseNoFile) {
  EXPECT_EQ(status(file("", "application/octet-stream", "") + field("a", "1")), 201);
  EXPECT_FALSE(log_.on_room);
}

TEST_F(UploadTest, StoresNothingOfABodyThatIsCutOff) {
  for (const char* end : {"", "--b", "--b-"}) {
    EXPECT_EQ(status(file("bytes"), end), 400) << end;
    EXPECT_FALSE(log_.finished);
  }
}

TEST_F(UploadTest, LetsItsSinkGoWithItself) {
  begin();
  (void)upload_->write(file("bytes"));
  EXPECT_FALSE(log_.gone);
  upload_.reset();
  EXPECT_TRUE(log_.gone);
  EXPECT_FALSE(log_.finished);
  EXPECT_EQ(outcomes_, 0);
}

TEST_F(UploadTest, AsksTheClientToWaitUntilTheSinkHasRoom) {
  begin();
  log_.has_room = false;
  EXPECT_FALSE(upload_->write(file("some bytes")));
  EXPECT_EQ(resumed_, 0);
  log_.has_room = true;
  log_.on_room();
  EXPECT_EQ(resumed_, 1);
  EXPECT_TRUE(upload_->write("--b--\r\n"));
}

TEST_F(UploadTest, FailsWhenItsSinkFails) {
  begin();
  (void)upload_->write(file("some bytes"));
  log_.failed = true;
  log_.on_room();
  EXPECT_EQ(outcome_.status, 502);
  EXPECT_TRUE(upload_->write("more, which nobody wants"));
  upload_->end();
  EXPECT_EQ(outcomes_, 1);
}

TEST_F(UploadTest, FailsWhenItsSinkCannotFinish) {
  begin();
  log_.stored = false;
  (void)upload_->write(file("bytes") + "--b--\r\n");
  upload_->end();
  EXPECT_EQ(outcome_.status, 502);
}

TEST_F(UploadTest, LooksAtTheFirstBytesWhereTheyTell) {
  const std::string png = "\x89PNG\r\n\x1a\n", pdf = "%PDF-1.7";
  EXPECT_EQ(status(file(png + "pixels", "image/png")), 201);
  EXPECT_EQ(log_.bytes, png + "pixels");
  EXPECT_EQ(status(file("MZ a program", "image/png")), 415);
  EXPECT_EQ(status(file("MZ", "image/png")), 415);
  EXPECT_EQ(status(file("", "image/png")), 415);
  EXPECT_EQ(status(file(pdf, "text/plain")), 415);
  EXPECT_EQ(log_.bytes, "") << "nothing is stored before that is known";
  EXPECT_EQ(status(file("plain", "text/plain")), 201);
  EXPECT_EQ(log_.bytes, "plain");
}

std::string gzip(const std::string& text) {
  std::string packed(text.size() + 100, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST_F(UploadTest, LimitsWhatAGzipExpandsTo) {
  EXPECT_EQ(status(file(gzip(std::string(100, 'x')), "application/gzip")), 201);
  EXPECT_EQ(status(file(gzip(std::string(101, 'x')), "application/gzip")), 413);
  limits_.file_bytes = 1 << 20;
  EXPECT_EQ(status(file(gzip(std::string(1 << 20, 'x')), "application/gzip")), 201);
  EXPECT_EQ(status(file(gzip(std::string((1 << 20) + 1, 'x')), "application/gzip")), 413);
}

TEST_F(UploadTest, DoesNotBelieveTheSizeThatAGzipDeclares) {
  std::string bomb = gzip(std::string(5000, 'x'));
  bomb[bomb.size() - 4] = bomb[bomb.size() - 3] = 0;
  ASSERT_LE(bomb.size(), 100U);
  EXPECT_EQ(status(file(bomb, "application/gzip")), 413);
}

// RFC 1952: a gzip is one member or more, and what expands it expands all of them.
TEST_F(UploadTest, CountsWhatEachMemberOfAGzipExpandsTo) {
  const std::string tiny = gzip("x"), zeros(3, '\0');
  for (const std::string& between : {std::string(), zeros}) {
    EXPECT_EQ(status(file(tiny + between + gzip(std::string(99, 'x')) + zeros,
                          "application/gzip")),
              201);
    EXPECT_EQ(
        status(file(tiny + between + gzip(std::string(100, 'x')), "application/gzip")),
        413);
  }
  std::string many;
  for (int i = 0; i < 3; ++i) many += gzip(std::string(40, 'x'));
  EXPECT_EQ(status(file(many, "application/gzip")), 413);
}

TEST_F(UploadTest, ExpandsNothingBehindAGzipThatIsNoGzip) {
  std::string other = gzip(std::string(5000, 'x'));
  other[1] = 'x';
  EXPECT_EQ(status(file(gzip("x") + other, "application/gzip")), 201);
  const std::string text(5000, 'x');
  uLongf size = 1000;
  other.resize(size);
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(other.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  other.resize(size);
  EXPECT_EQ(status(file(gzip("x") + other, "application/gzip")), 201);
}

TEST_F(UploadTest, MakesAKeyOfItsOwnAndShowsNoPath) {
  EXPECT_EQ(status(file("x", "a/b", "../../etc/passwd")), 201);
  EXPECT_EQ(outcome_.shown_name, "passwd");
  EXPECT_THAT(outcome_.key, testing::MatchesRegex("[0-9a-f]{32}"));
  const std::string first = outcome_.key;
  std::set<char> digits;
  for (int i = 0; i < 40; ++i) {
    status(file("x"));
    EXPECT_NE(outcome_.key, first);
    digits.insert(outcome_.key.begin(), outcome_.key.end());
  }
  EXPECT_EQ(digits.size(), 16U);
}

TEST_F(UploadTest, KnowsOnlyTheFieldsBeforeTheFile) {
  EXPECT_EQ(status(field("a", "1") + file("x") + field("b", "2")), 201);
  EXPECT_EQ(outcome_.fields_before, 1U);
  EXPECT_EQ(outcome_.fields.size(), 2U);
}

TEST(ShownName, HasNoFoldersNoControlCharactersAndNoDotsInFront) {
  for (const auto& [claimed, shown] :
       {std::pair<std::string, std::string>{"a.png", "a.png"},
        {"/etc/passwd", "passwd"},
        {"C:\\x\\a.png", "a.png"},
        {"..", ""},
        {".htaccess", "htaccess"},
        {"a\n\x1f\x7f.b", "a.b"},
        {"a b~.png", "a b~.png"},
        {"dir/", ""},
        {"", ""},
        {"ü.png", "ü.png"}})
    EXPECT_EQ(shown_name(claimed), shown) << claimed;
  EXPECT_EQ(shown_name(std::string(300, 'x')).size(), 255U);
}

TEST(Upload, RefusesWhatIsNoForm) {
  int status = 0;
  Upload upload(
      "application/json", {}, {}, [] {}, [&](const Outcome& o) { status = o.status; });
  EXPECT_EQ(status, 400);
  EXPECT_TRUE(upload.write("{}"));
  upload.end();
}

}  // namespace
}  // namespace lab20
