// What lab 03 is made of: calls that return before they are done, the pool held exactly,
// and DNS that needs no thread.
#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "../support/own_run.hpp"
#include "async.hpp"
#include "held_pool.hpp"
#include "lab/proc.hpp"
#include "notes.hpp"
#include "resolver.hpp"

namespace lab03 {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Async : public testing::Test {
 protected:
  Note& ended(std::string name, const std::function<void(Done)>& start) {
    notes_.start(std::move(name), start);
    EXPECT_TRUE(run_until(loop_, [&] { return notes_.all_done(); }));
    return const_cast<Note&>(notes_.all().back());
  }

  const lab::test::TempFolder temp_;
  const fs::path folder_ = temp_.path();
  Notes notes_;
  Loop loop_;
};

TEST_F(Async, CallsBackOnTheLoopsThreadAndNeverFromTheCall) {
  Echo echo(loop_);
  const Note stat_note =
      ended("stat", [&](Done done) { stat(loop_, folder_, std::move(done)); });
  const Note lookup_note =
      ended("lookup", [&](Done done) { lookup(loop_, "127.0.0.1", std::move(done)); });
  const Note echo_note = ended("echo", [&](Done done) { echo.ask(std::move(done)); });
  for (const Note& note : {stat_note, lookup_note, echo_note}) {
    EXPECT_EQ(note.status, 0) << note.name;
    EXPECT_FALSE(note.done_in_call) << note.name;
    EXPECT_EQ(note.thread, lab::thread_id()) << note.name;
  }
}

TEST_F(Async, TellsWhatWentWrong) {
  EXPECT_EQ(
      ended("stat", [&](Done done) { stat(loop_, folder_ / "not there", done); }).status,
      UV_ENOENT);
  EXPECT_EQ(
      ended("readFile", [&](Done done) { read_file(loop_, folder_ / "not there", done); })
          .status,
      UV_ENOENT);
  EXPECT_LT(
      ended("lookup", [&](Done done) { lookup(loop_, "256.0.0.1:x", done); }).status, 0);
}

TEST_F(Async, ReadsAFileAndClosesIt) {
  std::ofstream(folder_ / "file") << "hello";
  const int open_before = lab::open_descriptors();
  const auto read = [&](Done done) { read_file(loop_, folder_ / "file", done); };
  EXPECT_EQ(ended("readFile", read).status, 5);         // bytes
  const int after_the_first = lab::open_descriptors();  // libuv keeps some of its own
  EXPECT_EQ(ended("readFile", read).status, 5);         // bytes
  EXPECT_EQ(lab::open_descriptors(), after_the_first);
  EXPECT_GE(after_the_first, open_before);
}

TEST_F(Async, ADirectoryIsNoFileAndIsClosedAllTheSame) {
  const auto read = [&](Done done) { read_file(loop_, folder_, done); };
  EXPECT_EQ(ended("readFile", read).status, UV_EISDIR);
  const int before = lab::open_descriptors();
  EXPECT_EQ(ended("readFile", read).status, UV_EISDIR);
  EXPECT_EQ(lab::open_descriptors(), before);
}

TEST_F(Async, RunsAJobOnAnotherThread) {
  int worker = 0;
  const Note note = ended("job", [&](Done done) {
    job(
        loop_, [&] { worker = lab::thread_id(); }, std::move(done));
  });
  EXPECT_NE(worker, 0);
  EXPECT_NE(worker, note.thread);
}

TEST_F(Async, AnEchoKeepsNoConnectionOpen) {
  Echo echo(loop_);
  const int before = lab::open_descriptors();
  for (int i = 0; i < 20; ++i) ended("echo", [&](Done done) { echo.ask(done); });
  EXPECT_TRUE(run_until(loop_, [&] { return lab::open_descriptors() <= before; }))
      << lab::open_descriptors() << " open, before it was asked " << before;
}

TEST_F(Async, AHeldPoolStopsFilesAndLetsSocketsGo) {
  Echo echo(loop_);
  HeldPool pool(loop_, folder_ / "fifos");
  pool.hold(4);
  EXPECT_EQ(pool.held(), 4u);
  notes_.start("stat", [&](Done done) { stat(loop_, folder_, std::move(done)); });
  notes_.start("echo", [&](Done done) { echo.ask(std::move(done)); });
  EXPECT_TRUE(run_until(loop_, [&] { return notes_.done("echo"); }));
  EXPECT_FALSE(notes_.done("stat"));
  pool.hold(3);
  EXPECT_TRUE(run_until(loop_, [&] { return notes_.done("stat"); }));
}

TEST_F(Async, AHeldPoolLeavesNoFifoBehind) {
  {
    Loop loop;
    HeldPool pool(loop, folder_ / "fifos");
    pool.hold(9);  // more than there are threads
    pool.hold(2);
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "fifos"));
}

TEST_F(Async, ResolvesANameWithoutAThread) {
  HeldPool pool(loop_, folder_ / "fifos");
  pool.hold(4);
  NameServer server(loop_);
  Resolver resolver(loop_, server.port());
  const Note note = ended(
      "resolve", [&](Done done) { resolver.resolve("a.name.test", std::move(done)); });
  EXPECT_EQ(note.status, 0);
}

TEST_F(Async, AResolverThatGoesEndsWhatItWasAsked) {
  {
    NameServer server(loop_);
    Resolver resolver(loop_, server.port());
    notes_.start("resolve",
                 [&](Done done) { resolver.resolve("a.name.test", std::move(done)); });
  }
  EXPECT_TRUE(notes_.all_done());
  EXPECT_LT(notes_.all().front().status, 0);
}

constexpr std::string_view kQuery("\x12\x34\x01\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1",
                                  24);

TEST(NameServerAnswers, TheOneQuestionWithItsIdAndAnAddress) {
  const auto answer = answer_to(kQuery);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->substr(0, 2), "\x12\x34");
  EXPECT_EQ(answer->substr(12, 12), kQuery.substr(12));
  EXPECT_EQ(answer->substr(answer->size() - 4), "\x0a\x01\x02\x03");
}

TEST(NameServerAnswers, NothingToWhatIsNoQuery) {
  for (std::size_t size = 0; size < kQuery.size(); ++size)
    EXPECT_FALSE(answer_to(kQuery.substr(0, size))) << size;
  std::string pointer(kQuery);
  pointer[12] = '\xc0';
  EXPECT_FALSE(answer_to(pointer));
  std::string two_questions(kQuery);
  two_questions[5] = 2;
  EXPECT_FALSE(answer_to(two_questions));
}

TEST(NameServerAnswers, RandomBytesWithoutReadingPastThem) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 80, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (bytes.size() > 5) bytes[4] = 0, bytes[5] = 1;
    if (const auto answer = answer_to(bytes)) {
      EXPECT_LE(answer->size(), bytes.size() + 16);
    }
  }
}

}  // namespace
}  // namespace lab03
