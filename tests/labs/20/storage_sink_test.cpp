// A file into a small S3: its parts, its backpressure, and what an end before the end leaves.
#include "storage_sink.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "lab/net/http.hpp"
#include "lab/net/s3.hpp"
#include "lab/net/s3_server.hpp"
#include "support/wait_until.hpp"

namespace lab20 {
namespace {

constexpr std::size_t kPart = 5 << 20;

class StorageSinkTest : public testing::Test {
 protected:
  void SetUp() override { unsetenv("LAB_S3_URL"); }
  void open(const std::string& key) {
    sink_ = storage_sink(loop_, storage().bucket(), key, kPart, [this] { ++rooms_; });
  }
  lab::S3Server& storage() {
    if (!storage_) storage_.emplace();
    return *storage_;
  }
  void turn() { loop_.run(UV_RUN_ONCE); }
  // As the pump does: waits for room when it is told that there is none.
  void write(std::string_view bytes) {
    const int before = rooms_;
    if (sink_->write(bytes)) return;
    ++waits_;
    lab::test::wait_until(
        "there is room", [&] { return rooms_ > before; }, [&] { turn(); });
  }
  bool finish() {
    std::optional<bool> result;
    sink_->finish([&](bool stored) { result = stored; });
    lab::test::wait_until(
        "it is finished", [&] { return result.has_value(); }, [&] { turn(); });
    return *result;
  }
  // So many turns later it goes, whatever it is doing then.
  void leave_after(int turns) {
    for (int i = 0; i < turns; ++i) {
      loop_.run(UV_RUN_NOWAIT);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
    sink_.reset();
    lab::test::wait_until("the transfer has gone",
                          [&] { return !loop_.run(UV_RUN_NOWAIT); });
  }
  std::string stored(const std::string& key) {
    return storage().send(storage().bucket().request("GET", key)).body;
  }

  lab::uv::Loop loop_;
  std::optional<lab::S3Server> storage_;
  std::unique_ptr<Sink> sink_;
  int rooms_ = 0, waits_ = 0;
};

TEST_F(StorageSinkTest, SendsASmallFileInOneRequest) {
  open("small");
  write("some ");
  write("bytes");
  EXPECT_TRUE(finish());
  EXPECT_EQ(stored("small"), "some bytes");
  EXPECT_EQ(storage().begun(), 0);
}

TEST_F(StorageSinkTest, StoresAnEmptyFile) {
  open("empty");
  EXPECT_TRUE(finish());
  EXPECT_EQ(storage().send(storage().bucket().request("GET", "empty")).status, 200);
}

TEST_F(StorageSinkTest, SendsALargeFileInPartsOfOneSizeAndWaitsForEach) {
  open("large");
  std::string all;
  for (int i = 0; all.size() < 2 * kPart + 1000; ++i) {
    const std::string piece(60'000, static_cast<char>('a' + i % 26));
    all += piece;
    write(piece);
  }
  EXPECT_TRUE(finish());
  EXPECT_TRUE(stored("large") == all);
  EXPECT_EQ(storage().begun(), 1);
  EXPECT_EQ(storage().unfinished(), 0);
  EXPECT_EQ(waits_, 2);
}

TEST_F(StorageSinkTest, AbortsWhenItGoesAtAnyMoment) {
  const std::string part(kPart, 'x');
  for (int turns = 0; turns < 40; ++turns) {
    open("gone");
    (void)sink_->write(part);
    leave_after(turns);
    ASSERT_EQ(storage().unfinished(), 0) << "after " << turns << " turns";
  }
  EXPECT_GT(storage().begun(), 0);
  EXPECT_EQ(storage().size_of("gone"), 0U);
}

// The file may be whole in storage by then, but nobody was told its key. Each round leaves one
// turn later, until it has been told first.
TEST_F(StorageSinkTest, LeavesNoFileThatNobodyWasToldOf) {
  for (const std::size_t size : {std::size_t{5}, kPart}) {
    bool is_told = false;
    int rounds = 0;
    for (; !is_told; ++rounds) {
      const std::string key = fmt::format("{}-{}", size, rounds);
      open(key);
      write(std::string(size, 'x'));
      sink_->finish([&](bool stored) { is_told = stored; });
      leave_after(rounds);
      ASSERT_EQ(storage().size_of(key), is_told ? size : 0) << "round " << rounds;
    }
    EXPECT_GT(rounds, 1) << "some left untold";
    EXPECT_EQ(storage().unfinished(), 0);
  }
}

TEST_F(StorageSinkTest, FailsWhenStorageRefuses) {
  const lab::s3::Bucket wrong(
      "http://lab:guess@127.0.0.1:" +
      std::to_string(ntohs(storage().bucket().address().sin_port)) + "/files");
  sink_ = storage_sink(loop_, wrong, "x", kPart, [this] { ++rooms_; });
  write(std::string(kPart, 'x'));
  EXPECT_TRUE(sink_->failed());
  EXPECT_FALSE(finish());
}

TEST_F(StorageSinkTest, FailsWhenStorageIsAway) {
  open("x");
  storage_.reset();
  (void)sink_->write("bytes");
  EXPECT_FALSE(finish());
}

// S3 begins its reply before it has put the parts together, so it may say 200 and then fail.
TEST_F(StorageSinkTest, NamesItsPartsAndBelievesAnErrorBehindAStatusOf200) {
  std::promise<std::string> told;
  std::atomic<int> aborts = 0;
  const lab::http::Server server(
      [&, parts = 0](const lab::http::Request& request, const auto& reply) mutable {
        const lab::s3::Target target(request.target);
        if (target.query.contains("uploads"))
          return reply({.body = "<Result><UploadId>7</UploadId></Result>"});
        if (request.method == "PUT")
          return reply({.headers = {{"ETag", "tag" + std::to_string(++parts)}}});
        if (request.method == "POST") {
          told.set_value(request.body);
          return reply({.body = "<Error><Code>InternalError</Code></Error>"});
        }
        ++aborts;
        reply({.status = 204});
      },
      {.body_limit = 2 * kPart});
  const lab::s3::Bucket bucket(
      "http://lab:secret@127.0.0.1:" + std::to_string(server.port()) + "/files");
  sink_ = storage_sink(loop_, bucket, "x", kPart, [this] { ++rooms_; });
  write(std::string(kPart, 'x'));
  write("rest");
  EXPECT_FALSE(finish());
  EXPECT_TRUE(sink_->failed());
  EXPECT_EQ(told.get_future().get(),
            "<CompleteMultipartUpload>"
            "<Part><PartNumber>1</PartNumber><ETag>tag1</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>tag2</ETag></Part>"
            "</CompleteMultipartUpload>");
  sink_.reset();
  lab::test::wait_until("the transfer has gone",
                        [&] { return !loop_.run(UV_RUN_NOWAIT); });
  EXPECT_EQ(aborts, 1);
}

}  // namespace
}  // namespace lab20
