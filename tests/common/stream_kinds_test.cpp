// The kinds of streams: objects, text, duplexes, transforms; files and sockets on a loop.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <random>

#include "lab/os/proc.hpp"
#include "lab/os/run_dir.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/socket.hpp"
#include "memory_streams.hpp"

using namespace lab;
using std::string;

namespace {

namespace fs = std::filesystem;
using Log = std::vector<string>;

const string kText = "a \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 z";  // 1 to 4 bytes
const string kUnknown = "\xef\xbf\xbd";

string decoded(const string& bytes, std::size_t cut) {
  Utf8Decoder decoder;
  string text = decoder.decode(bytes.substr(0, cut));
  text += decoder.decode(bytes.substr(cut));
  return text + decoder.end();
}

TEST(Utf8, NoCutChangesAText) {
  for (std::size_t cut = 0; cut <= kText.size(); ++cut)
    EXPECT_EQ(decoded(kText, cut), kText) << cut;
}

TEST(Utf8, GivesWholeCharactersOnly) {
  Utf8Decoder decoder;
  EXPECT_EQ(decoder.decode("a\xe2\x82"), "a");
  EXPECT_EQ(decoder.decode("\xac"), "\xe2\x82\xac");
  EXPECT_EQ(decoder.end(), "");
}

TEST(Utf8, ReplacesWhatIsNone) {
  const std::vector<std::pair<string, int>> cases{
      {"\x80", 1},         {"\xc0\x80", 2},     {"\xe0\x80\x80", 3}, {"\xed\xa0\x80", 3},
      {"\xf4\x90\x80", 3}, {"\xf5", 1},         {"\xe2\x82", 1},     {"\xf0\x9f\x98", 1},
      {"\xe2\xe2\x82", 2}, {"\xf0\x9f\x98q", 1}};
  for (const auto& [bytes, count] : cases) {
    string expected;
    for (int i = 0; i < count; ++i) expected += kUnknown;
    if (bytes.back() == 'q') expected += 'q';
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
      EXPECT_EQ(decoded(bytes, cut), expected) << bytes.size() << " cut at " << cut;
  }
}

TEST(Utf8, RandomBytesComeOutTheSameHoweverTheyAreCut) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    string bytes(random() % 60, '\0');
    const string likely =
        "\x80\xbf\xc3\xe0\xe2\xed\xf0\xf4\x9f\xa0"
        "a";
    for (char& byte : bytes) byte = likely[random() % likely.size()];
    Utf8Decoder pieces;
    string text;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 5;
      text += pieces.decode(bytes.substr(at, size));
      at += size;
    }
    text += pieces.end();
    EXPECT_EQ(text, decoded(bytes, bytes.size())) << seed;
  }
}

TEST(Objects, CountAsOneEach) {
  Ticks ticks;
  ListSource source(ticks, {}, 2, Unit::objects);
  source.answers = false;
  EXPECT_TRUE(source.push(Chunk::object(string(1000, 'x'))));
  EXPECT_FALSE(source.push(Chunk::object(7)));
  EXPECT_EQ(source.readable_length(), 2u);
}

TEST(Objects, ComeOneByOneAndWithTheirType) {
  Ticks ticks;
  ListSource source(ticks, {}, 16, Unit::objects);
  source.answers = false;
  source.push(Chunk::object(string("a")));
  source.push(Chunk::object(7));
  auto first = source.read(), second = source.read();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first->as<string>(), "a");
  EXPECT_EQ(first->as<int>(), nullptr);
  EXPECT_EQ(*second->as<int>(), 7);
  EXPECT_FALSE(source.read());
}

TEST(Objects, AreAnErrorInAStreamOfBytes) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  HandSink sink(ticks);
  ticks.run([&] {
    EXPECT_FALSE(source.push(Chunk::object(1)));
    EXPECT_FALSE(sink.write(Chunk::object(1)));
  });
  ASSERT_TRUE(source.error() && sink.error());
  EXPECT_NE(string(sink.error()->what()).find("object"), string::npos);
}

TEST(Objects, AnEmptyTextIsAnObjectAndNoBytes) {
  Ticks ticks;
  ListSource bytes(ticks, {}), objects(ticks, {}, 16, Unit::objects);
  bytes.answers = objects.answers = false;
  bytes.push(Chunk(""));
  objects.push(Chunk(""));
  EXPECT_EQ(bytes.readable_length(), 0u);
  EXPECT_EQ(objects.readable_length(), 1u);
}

TEST(Readable, APushAfterTheEndIsAnError) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  source.push_end();
  EXPECT_FALSE(source.push(Chunk("late")));
  ASSERT_TRUE(source.error());
  EXPECT_STREQ(source.error()->what(), "push: after end");
}

TEST(Readable, ReadTakesAllBytesThatAreKept) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  source.push(Chunk("ab"));
  source.push(Chunk("cd"));
  EXPECT_EQ(source.read()->view(), "abcd");
  EXPECT_FALSE(source.read());
}

TEST(Readable, DoesNotFlowWhileSomebodyWaitsForReadable) {
  Ticks ticks;
  ListSource source(ticks, {"a", "b"});
  Log log;
  int told = 0;
  source.on_data([&](const Chunk& chunk) { log.emplace_back(chunk.view()); });
  const int id = source.on_readable([&] { ++told; });
  ticks.run([] {});
  EXPECT_GT(told, 0);
  EXPECT_EQ(log, Log{});
  ticks.run([&] { source.off_readable(id); });
  EXPECT_EQ(log, (Log{"a", "b"}));
}

// Two halves that only the test moves.
class Halves : public Duplex {
 public:
  Halves(Ticks& ticks, DuplexOptions options)
      : Stream(ticks), Duplex(ticks, 10, options) {
    on_end([this] { log.push_back("end"); });
    on_finish([this] { log.push_back("finish"); });
    on_close([this] { log.push_back("close"); });
  }
  using Readable::push;
  using Readable::push_end;
  Log log;

 private:
  void read_more() override {}
  void write_chunk(Chunk, Done) override {}
};

TEST(Duplex, HasTwoBuffersThatKnowNothingOfOneAnother) {
  Ticks ticks;
  Halves both(ticks, {});
  EXPECT_FALSE(both.write(Chunk("0123456789")));
  EXPECT_TRUE(both.push(Chunk("in")));
  EXPECT_EQ(both.writable_length(), 10u);
  EXPECT_EQ(both.readable_length(), 2u);
}

TEST(Duplex, IsDoneWhenBothDirectionsAre) {
  Ticks ticks;
  Halves both(ticks, {});
  ticks.run([&] {
    both.resume();
    both.push_end();
  });
  EXPECT_EQ(both.log, (Log{"end"}));
  ticks.run([&] { both.end(); });
  EXPECT_EQ(both.log, (Log{"end", "finish", "close"}));
}

TEST(Duplex, EndsItselfIfHalfOpenIsNotAllowed) {
  Ticks ticks;
  Halves both(ticks, {.allow_half_open = false});
  ticks.run([&] {
    both.resume();
    both.push_end();
  });
  EXPECT_EQ(both.log, (Log{"end", "finish", "close"}));
}

TEST(Duplex, OfOneDirectionIsDoneWithThatOne) {
  Ticks ticks;
  Halves reads(ticks, kOnlyReads), writes(ticks, kOnlyWrites);
  ticks.run([&] {
    reads.resume();
    reads.push_end();
    writes.end();
  });
  EXPECT_TRUE(reads.closed());
  EXPECT_TRUE(writes.closed());
}

// Keeps two bytes back, and gives each pair twice.
class Pairs : public Transform {
 public:
  explicit Pairs(Ticks& ticks, std::size_t mark = 4)
      : Stream(ticks), Transform(ticks, mark) {}

 private:
  void transform(const Chunk& chunk, Done done) override {
    for (const char byte : chunk.view()) {
      kept_ += byte;
      if (kept_.size() < 2) continue;
      push(Chunk(kept_));
      push(Chunk(std::exchange(kept_, {})));
    }
    done({});
  }
  void flush(Done done) override {
    if (kept_ == "!") return done(Error("pairs", "odd"));
    if (!kept_.empty()) push(Chunk(kept_));
    done({});
  }
  string kept_;
};

string through_pairs(const string& input, Log& log) {
  Ticks ticks;
  Pairs pairs(ticks);
  string out;
  pairs.on_data([&](const Chunk& chunk) { out += chunk.view(); });
  pairs.on_error([&](const Error& error) { log.push_back(error.what()); });
  pairs.on_end([&] { log.push_back("end"); });
  pairs.on_finish([&] { log.push_back("finish"); });
  ticks.run([&] { (void)pairs.write(Chunk(input)); });
  ticks.run([&] { pairs.end(); });
  return out;
}

TEST(Transform, AnswersAChunkWithNoneOrMany) {
  Log log;
  EXPECT_EQ(through_pairs("a", log), "a");
  EXPECT_EQ(through_pairs("abcd", log), "ababcdcd");
}

TEST(Transform, FlushesBeforeItFinishes) {
  Log log;
  EXPECT_EQ(through_pairs("abc", log), "ababc");
  EXPECT_EQ(log, (Log{"end", "finish"}));
}

TEST(Transform, AFlushThatFailsFailsTheStream) {
  Log log;
  EXPECT_EQ(through_pairs("ab!", log), "abab");
  EXPECT_EQ(log, (Log{"pairs: odd"}));
}

// Until nothing is left to do, or a deadline that says so.
void run(uv::Loop& loop) {
  uv::Timer deadline(loop);
  deadline.start(std::chrono::seconds(10), [&] {
    ADD_FAILURE() << "after 10 s something is still open or under way";
    loop.stop();
  });
  deadline.unref();
  loop.run();
}

class OnALoop : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    uv::Loop first;  // with it libuv opens descriptors that it keeps for ever
    Ticks ticks;
    FileSource pool(ticks, first, "/dev/null");
    ticks.run([&] { pool.resume(); });
    run(first);
  }
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("streams-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    before_ = open_descriptors();
  }
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), before_);
    fs::remove_all(folder_);
  }

  // What a pipeline from one file to another told at its end.
  string copy(const fs::path& from, const fs::path& to, std::size_t chunk = 64 << 10) {
    uv::Loop loop;
    Ticks ticks;
    FileSource source(ticks, loop, from, chunk);
    FileSink sink(ticks, loop, to);
    string told = "nothing";
    ticks.run([&] {
      pipeline(source, {}, sink, [&](std::optional<Error> error) {
        told = error ? error->what() : "done";
      });
    });
    run(loop);
    return told;
  }

  string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;

 private:
  int before_ = 0;
};

TEST_F(OnALoop, FilesAreCopiedWhateverTheChunks) {
  string bytes(100'001, '\0');
  std::mt19937 random(4);
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, bytes.size()}) {
    for (const std::size_t chunk : {1000u, 4096u, 65'536u, 100'001u, 1u << 20}) {
      std::ofstream(folder_ / "from", std::ios::binary) << bytes.substr(0, size);
      EXPECT_EQ(copy(folder_ / "from", folder_ / "to", chunk), "done");
      EXPECT_EQ(contents(folder_ / "to"), bytes.substr(0, size)) << size << " " << chunk;
    }
  }
}

TEST_F(OnALoop, AMissingFileFailsThePipelineAndLeavesNothingOpen) {
  const string told = copy(folder_ / "missing", folder_ / "to");
  EXPECT_NE(told.find("open"), string::npos) << told;
  EXPECT_NE(told.find("no such file"), string::npos) << told;
}

TEST_F(OnALoop, AFolderCannotBeReadNorAFullDiskWritten) {
  EXPECT_NE(copy(folder_, folder_ / "to").find("read"), string::npos);
  std::ofstream(folder_ / "from") << "bytes";
  EXPECT_NE(copy(folder_ / "from", "/dev/full").find("no space"), string::npos);
}

TEST_F(OnALoop, AFileDestroyedWhileItIsReadIsClosedAfterwards) {
  std::ofstream(folder_ / "from") << string(1 << 20, 'x');
  uv::Loop loop;
  Ticks ticks;
  FileSource source(ticks, loop, folder_ / "from");
  int chunks = 0;
  bool closed = false;
  source.on_close([&] { closed = true; });
  ticks.run([&] {
    source.on_data([&](const Chunk&) {
      if (++chunks == 2) source.destroy();
    });
  });
  run(loop);
  EXPECT_EQ(chunks, 2);
  EXPECT_TRUE(closed);
}

// What is asked of a file while the pool still opens it.
TEST_F(OnALoop, AFileDestroyedWhileItOpensLeavesNoDescriptor) {
  std::ofstream(folder_ / "from") << "bytes";
  uv::Loop loop;
  Ticks ticks;
  for (int i = 0; i < 20; ++i) {
    FileSource source(ticks, loop, folder_ / "from");
    FileSink sink(ticks, loop, folder_ / "to");
    int closed = 0;
    source.on_close([&] { ++closed; });
    sink.on_close([&] { ++closed; });
    ticks.run([&] {
      source.on_data([](const Chunk&) {});
      (void)sink.write(Chunk("x"));
    });
    ticks.run([&] {
      source.destroy();
      sink.destroy();
    });
    run(loop);
    EXPECT_EQ(closed, 2);
  }
}

TEST_F(OnALoop, ASinkThatCannotOpenFailsThePipelineAndLeavesNothingOpen) {
  std::ofstream(folder_ / "from") << string(200'000, 'x');
  EXPECT_NE(copy(folder_ / "from", folder_ / "no" / "to").find("open"), string::npos);
}

TEST_F(OnALoop, AFileIsOpenedThoughNobodyReadsIt) {
  std::ofstream(folder_ / "from") << "bytes";
  uv::Loop loop;
  const int with_loop = open_descriptors();
  Ticks ticks;
  FileSource source(ticks, loop, folder_ / "from");
  run(loop);
  EXPECT_EQ(open_descriptors(), with_loop + 1);
  ticks.run([&] { source.destroy(); });
  run(loop);
  EXPECT_EQ(open_descriptors(), with_loop);
}

TEST_F(OnALoop, AFileMayGoWhileThePoolWorksForIt) {
  std::ofstream(folder_ / "from") << string(1 << 20, 'x');
  uv::Loop loop;
  Ticks ticks;
  for (int callbacks = 0; callbacks < 4; ++callbacks) {
    FileSource source(ticks, loop, folder_ / "from");
    FileSink sink(ticks, loop, folder_ / "to");
    ticks.run([&] {
      source.resume();
      (void)sink.write(Chunk(string(1 << 20, 'y')));
    });
    for (int i = 0; i < callbacks; ++i) loop.run(UV_RUN_ONCE);
  }
  run(loop);
}

// As after a reset: nothing can be ended any more, and only a reader is told why.
TEST_F(OnALoop, ASocketThatTheOtherEndHasResetFinishesAndFailsWhenItIsRead) {
  for (const bool reads : {false, true}) {
    const Connection ends = connect_over_loopback(64 << 10);
    uv::Loop loop;
    Ticks ticks;
    Socket socket(ticks, loop, ends.near_end, 16 << 10, {});
    Log log;
    socket.on_finish([&] { log.push_back("finish"); });
    socket.on_error([&](const Error& error) { log.push_back(error.what()); });
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(ends.far_end, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(ends.far_end);
    ticks.run([&] { socket.end(); });
    run(loop);
    EXPECT_EQ(log, Log{"finish"});
    if (!reads) continue;
    ticks.run([&] { socket.resume(); });
    run(loop);
    ASSERT_EQ(log.size(), 2u);
    EXPECT_NE(log[1].find("reset"), string::npos) << log[1];
    EXPECT_TRUE(socket.closed());
  }
}

TEST_F(OnALoop, ASocketThatMeetsGarbageHandsItOnAndEnds) {
  const Connection ends = connect_over_loopback(64 << 10);
  string garbage(300'000, '\0');
  std::mt19937 random(9);
  for (char& byte : garbage) byte = static_cast<char>(random());
  uv::Loop loop;
  Ticks ticks;
  Socket near(ticks, loop, ends.near_end, 16 << 10);
  Socket far(ticks, loop, ends.far_end, 16 << 10);
  string got;
  ticks.run([&] {
    far.on_data([&](const Chunk& chunk) { got += chunk.view(); });
    near.resume();
    (void)near.write(Chunk(garbage));
    near.end();
  });
  run(loop);
  EXPECT_EQ(got, garbage);
  EXPECT_TRUE(near.closed() && far.closed());
}

// What a pump fills is then small: the kernel doubles what it is asked for, and no more.
TEST_F(OnALoop, AConnectionHasTheBuffersThatWereAskedFor) {
  const auto buffer = [](int fd, int which) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    EXPECT_EQ(getsockopt(fd, SOL_SOCKET, which, &bytes, &size), 0);
    return bytes;
  };
  const Connection ends = connect_over_loopback(20 << 10);
  EXPECT_EQ(buffer(ends.near_end, SO_SNDBUF), 40 << 10);
  EXPECT_EQ(buffer(ends.far_end, SO_RCVBUF), 40 << 10);
  ::close(ends.near_end);
  ::close(ends.far_end);
}

// A write is done once the kernel has it: that is a drain, and no failure.
TEST_F(OnALoop, ASocketDrainsAndFinishesBothWays) {
  const Connection ends = connect_over_loopback(64 << 10);
  uv::Loop loop;
  Ticks ticks;
  Socket near(ticks, loop, ends.near_end, 16 << 10, {});
  Socket far(ticks, loop, ends.far_end, 16 << 10, {});
  const string bytes(300'000, 'x');
  Log log;
  string got;
  const auto send = [&](Socket& from, const string& name) {
    from.on_drain([&, name] {
      log.push_back(name + " drains");
      EXPECT_TRUE(from.write(Chunk("!")));
      from.end();
    });
    from.on_error([&](const Error& error) { log.push_back(error.what()); });
    from.on_finish([&, name] { log.push_back(name + " finishes"); });
    EXPECT_FALSE(from.write(Chunk(bytes)));
  };
  ticks.run([&] {
    far.on_data([&](const Chunk& chunk) { got += chunk.view(); });
    far.on_end([&] { send(far, "far"); });
    near.on_data([&](const Chunk& chunk) { got += chunk.view(); });
    send(near, "near");
  });
  run(loop);
  EXPECT_EQ(log, (Log{"near drains", "near finishes", "far drains", "far finishes"}));
  EXPECT_TRUE(got == bytes + "!" + bytes + "!");
  EXPECT_TRUE(near.closed() && far.closed());
}

TEST_F(OnALoop, OneDirectionOfASocketOutlivesTheOther) {
  for (const bool allowed : {true, false}) {
    const Connection ends = connect_over_loopback(64 << 10);
    uv::Loop loop;
    Ticks ticks;
    Socket client(ticks, loop, ends.near_end, 16 << 10, {});
    Socket server(ticks, loop, ends.far_end, 16 << 10, {.allow_half_open = allowed});
    uv::Timer later(loop);
    string got;
    ticks.run([&] {
      client.on_data([&](const Chunk& chunk) { got += chunk.view(); });
      client.end();
      server.resume();
      server.on_end([&] {
        later.start(std::chrono::milliseconds(1), [&] {
          ticks.run([&] {
            EXPECT_EQ(server.write(Chunk("late")), allowed);
            server.end();
          });
        });
      });
    });
    run(loop);
    EXPECT_EQ(got, allowed ? "late" : "");
    EXPECT_TRUE(client.closed() && server.closed());
  }
}

}  // namespace
