#include "line_sink.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lab/core/error.hpp"
#include "support/finishes.hpp"
#include "support/own_run.hpp"
#include "world/outputs.hpp"

namespace lab26 {
namespace {

namespace fs = std::filesystem;
using lab::Descriptor;

class LineSinkTest : public testing::Test {
 protected:
  static void log(spdlog::sinks::sink& sink, const std::string& text) {
    sink.log({{}, {}, {}, spdlog::level::info, text});
  }
  static std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  lab::test::TempFolder folder_;
  const std::string path_ = folder_.path() + "/a.log";
};

TEST_F(LineSinkTest, WritesItsLinesWithTheFlush) {
  LineSink sink(path_);
  log(sink, "one");
  log(sink, "two");
  EXPECT_EQ(text_of(path_), "");
  sink.flush();
  EXPECT_EQ(text_of(path_), "one\ntwo\n");
  sink.flush();
  EXPECT_EQ(text_of(path_), "one\ntwo\n");
}

TEST_F(LineSinkTest, AppendsToAFileThatOnlyItsGroupMayRead) {
  const mode_t before = umask(0);
  LineSink first(path_);
  umask(before);
  log(first, "first");
  first.flush();
  LineSink second(path_);
  log(second, "second");
  second.flush();
  EXPECT_EQ(text_of(path_), "first\nsecond\n");
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0640});
}

TEST_F(LineSinkTest, GoesOnInANewFileAfterARotation) {
  LineSink sink(path_);
  log(sink, "one");
  sink.flush();
  fs::rename(path_, path_ + ".1");
  log(sink, "two");  // to the file that it has open
  sink.flush();
  sink.reopen();
  log(sink, "three");
  sink.flush();
  EXPECT_EQ(text_of(path_ + ".1"), "one\ntwo\n");
  EXPECT_EQ(text_of(path_), "three\n");
}

TEST_F(LineSinkTest, StaysWithItsFileWhenTheNewOneCannotBeOpened) {
  LineSink sink(path_);
  fs::rename(path_, path_ + ".1");
  fs::create_directory(path_);
  EXPECT_THROW(sink.reopen(), lab::Error);
  log(sink, "one");
  sink.flush();
  EXPECT_EQ(text_of(path_ + ".1"), "one\n");
  EXPECT_THROW(LineSink("/proc/none/a.log"), lab::Error);
}

TEST_F(LineSinkTest, ThrowsWhatCannotBeWrittenAndForgetsIt) {
  LineSink full(Descriptor(open("/dev/full", O_WRONLY)));
  log(full, "lost");
  EXPECT_THROW(full.flush(), spdlog::spdlog_ex);
  EXPECT_NO_THROW(full.flush());

  std::signal(SIGPIPE, SIG_IGN);
  Output pipe = open_pipe();
  pipe.reader.reset();
  LineSink broken(std::move(pipe.writer));
  log(broken, "lost");
  EXPECT_THROW(broken.flush(), spdlog::spdlog_ex);
}

TEST_F(LineSinkTest, EndsALineThatWasCutBeforeTheNext) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  LineSink sink(path_);
  const rlimit ten_bytes{10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &ten_bytes);
  log(sink, "one");
  log(sink, "two is long");
  EXPECT_THROW(sink.flush(), spdlog::spdlog_ex);
  log(sink, "lost too");
  EXPECT_THROW(sink.flush(), spdlog::spdlog_ex);
  setrlimit(RLIMIT_FSIZE, &before);
  log(sink, "three");
  log(sink, "four");
  sink.flush();
  EXPECT_EQ(text_of(path_), "one\ntwo is\nthree\nfour\n");
}

// A pipe that somebody else has made non-blocking, as Node does with its own.
TEST_F(LineSinkTest, WaitsForRoomInANonBlockingPipe) {
  Output pipe = open_pipe(4'096);
  fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK);
  const std::string line(20'000, 'x');
  auto writer = std::async(std::launch::async, [&] {
    LineSink sink(std::move(pipe.writer));
    log(sink, line);
    sink.flush();
  });
  EXPECT_EQ(read_all(pipe.reader.get(), writer), line + "\n");
  EXPECT_NO_THROW(writer.get());
}

}  // namespace
}  // namespace lab26
