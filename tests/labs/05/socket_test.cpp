// The streams of lab 05 on real sockets: what arrives, what stays open, what is left.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <tuple>

#include "common/memory_streams.hpp"
#include "kernel_queues.hpp"
#include "lab/os/proc.hpp"
#include "world/proxy.hpp"

using namespace lab05;

namespace {

class Socket : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::signal(SIGPIPE, SIG_IGN);
    lab::uv::Loop first;  // with it libuv opens two descriptors that it keeps for ever
  }
  void SetUp() override { before_ = lab::open_descriptors(); }
  void TearDown() override { EXPECT_EQ(lab::open_descriptors(), before_); }

 private:
  int before_ = 0;
};

// 63 chunks and a mark of four: the last round is not a whole one.
constexpr Plan kPlan{.total = 63 * 16 * kKiB,
                     .chunk = 16 * kKiB,
                     .high_water_mark = 64 * kKiB,
                     .source_rate = kMiB,
                     .sink_rate = 32 * kKiB,
                     .kernel_buffer = 16 * kKiB};

TEST_F(Socket, EveryWayDeliversEveryByte) {
  for (const Way way :
       {Way::ignore, Way::hasty, Way::by_hand, Way::pipe, Way::pipeline}) {
    SCOPED_TRACE(name(way));
    EXPECT_EQ(run_transfer(way, kPlan).received, kPlan.total);
  }
}

TEST_F(Socket, PipePipelineAndHandPauseAtTheSameLengths) {
  const Counts hand = run_transfer(Way::by_hand, kPlan);
  const Counts piped = run_transfer(Way::pipe, kPlan);
  const Counts lined = run_transfer(Way::pipeline, kPlan);
  EXPECT_EQ(hand.pauses, piped.pauses);
  EXPECT_EQ(lined.pauses, piped.pauses);
  EXPECT_EQ(piped.pauses.size(), 15u);
  EXPECT_EQ(piped.resumes, 16u);
  EXPECT_EQ(piped.drains, 15u);
  EXPECT_EQ(piped.resumes_without_drain, 0u);
  EXPECT_EQ(piped.longest_queue, kPlan.high_water_mark);
}

TEST_F(Socket, ThePumpByHandTellsEachPauseWithItsQueueAndEachResume) {
  Transfer transfer(kPlan);
  std::vector<std::size_t> queued;
  int resumes = 0;
  transfer.ticks.run([&] {
    carry(Way::by_hand, transfer.source, transfer.outlet.sink,
          {.on_pause = [&](std::size_t length, lab::Where) { queued.push_back(length); },
           .on_resume = [&](lab::Where) { ++resumes; }});
  });
  transfer.run([] {});
  EXPECT_EQ(queued, std::vector<std::size_t>(15, kPlan.high_water_mark));
  EXPECT_EQ(resumes, 15);
}

TEST_F(Socket, TheQueueStaysBelowTheMarkAndOneChunkWhateverTheirSizes) {
  for (const std::size_t mark : {1u, 1000u, 16384u, 16385u, 100000u}) {
    SCOPED_TRACE(mark);
    Plan plan = kPlan;
    plan.high_water_mark = mark;
    const Counts record = run_transfer(Way::pipe, plan);
    EXPECT_EQ(record.received, plan.total);
    EXPECT_LT(record.longest_queue, mark + plan.chunk);
    for (const std::size_t queued : record.pauses) EXPECT_GE(queued, mark);
  }
}

TEST_F(Socket, IgnoredTheQueueHoldsAllThatTheKernelDoesNot) {
  const Counts record = run_transfer(Way::ignore, kPlan);
  EXPECT_TRUE(record.pauses.empty());
  EXPECT_GT(record.longest_queue, kPlan.total / 2);
}

TEST_F(Socket, ResumedBeforeTheDrainTheQueuePassesTheMark) {
  Plan plan = kPlan;
  plan.sink_rate = kKiB;
  plan.total = 30 * plan.chunk;
  const Counts record = run_transfer(Way::hasty, plan);
  EXPECT_GT(record.resumes_without_drain, 0u);
  EXPECT_GT(record.longest_queue, plan.high_water_mark + plan.chunk);
}

TEST_F(Socket, ASourceSlowerThanItsSinkIsNeverPaused) {
  Plan plan = kPlan;
  plan.source_rate = 8 * kKiB;
  const Counts record = run_transfer(Way::pipe, plan);
  EXPECT_EQ(record.refusals, 0u);
  EXPECT_TRUE(record.pauses.empty());
}

TEST_F(Socket, AReaderThatStopsFillsBothOfTheKernelsQueues) {
  Plan plan = kPlan;
  plan.sink_rate = 0;
  Transfer transfer(plan);
  transfer.ticks.run([&] { carry(Way::pipe, transfer.source, transfer.outlet.sink); });
  transfer.run([&] {
    if (transfer.milliseconds == 60) transfer.stop();
  });
  const lab::Connection& connection = transfer.outlet.connection;
  const KernelQueues kernel = kernel_queues(connection.near_end, connection.far_end);
  EXPECT_GT(kernel.unread, 0u);
  EXPECT_GT(kernel.unsent, 0u);
  EXPECT_TRUE(transfer.source.paused());
  EXPECT_LT(transfer.source.made(), plan.total);
}

// A pump that pauses, and that no drain ever wakes.
TEST_F(Socket, ATransferThatStandsStillFailsAndSaysWhoWaitsForWhom) {
  Plan plan = kPlan;
  plan.patience = std::chrono::milliseconds(50);
  Transfer transfer(plan);
  lab::Socket& sink = transfer.outlet.sink;
  transfer.ticks.run([&] {
    transfer.source.on_data([&](const Chunk& chunk) {
      if (!sink.write(chunk)) transfer.source.pause();
    });
  });
  try {
    transfer.run([] {});
    FAIL() << "it went on";
  } catch (const lab::Error& stuck) {
    const std::string why = stuck.what();
    EXPECT_NE(why.find("the source is paused"), std::string::npos) << why;
    EXPECT_NE(why.find("owes no drain"), std::string::npos) << why;
  }
}

TEST_F(Socket, ASourceThatCouldNotUseItsAllowanceDoesNotCatchUp) {
  Ticks ticks;
  FastSource source(ticks, 100, 1000);
  std::size_t got = 0;
  ticks.run([&] { source.on_data([&](const Chunk& chunk) { got += chunk.size(); }); });
  ticks.run([&] { source.pause(); });
  for (int i = 0; i < 5; ++i) ticks.run([&] { source.allow(200); });
  EXPECT_EQ(source.made(), 100u);  // one ahead, and what is allowed meanwhile is lost
  ticks.run([&] { source.resume(); });
  EXPECT_EQ(got, 300u);
}

TEST_F(Socket, AReaderReadsAsMuchAsItIsToldAndSeesTheEnd) {
  const lab::Connection ends = lab::connect_over_loopback(64 * kKiB);
  SlowReader reader(ends.far_end);
  ASSERT_EQ(send(ends.near_end, "abcdef", 6, 0), 6);
  reader.read(4);
  EXPECT_EQ(reader.received(), 4u);
  reader.read(100);
  EXPECT_EQ(reader.received(), 6u);
  EXPECT_FALSE(reader.saw_end());
  ::close(ends.near_end);
  reader.read(100);
  EXPECT_TRUE(reader.saw_end());
}

TEST_F(Socket, AWorldCanGoWhileWritesArePending) {
  Transfer transfer(kPlan);
  transfer.ticks.run([&] { carry(Way::ignore, transfer.source, transfer.outlet.sink); });
  transfer.run([&] {
    if (transfer.milliseconds == 3) transfer.stop();
  });
  EXPECT_GT(transfer.outlet.sink.writable_length(), 0u);
}

TEST(Carry, EndsTheSinkWithTheSourceWhateverTheWay) {
  for (const Way way :
       {Way::ignore, Way::hasty, Way::by_hand, Way::pipe, Way::pipeline}) {
    SCOPED_TRACE(name(way));
    Ticks ticks;
    lab::ListSource source(ticks, {"one ", "two ", "three"});
    lab::HandSink sink(ticks, 1);
    int finished = 0;
    sink.on_finish([&] { ++finished; });
    ticks.run([&] { carry(way, source, sink); });
    sink.answer_all();
    EXPECT_EQ(sink.received, "one two three");
    EXPECT_EQ(finished, 1);
  }
}

class Failure : public Socket,
                public testing::WithParamInterface<std::tuple<Way, Failing>> {};

TEST_P(Failure, PipelineLeavesNothingOpenAndPipeLeavesTheOthers) {
  const auto [way, failing] = GetParam();
  const Aftermath after = fail_one_stage(way, failing);
  const int destroyed =
      after.source_destroyed + after.stage_destroyed + after.sink_destroyed;
  if (way == Way::pipeline) {
    EXPECT_EQ(destroyed, 3);
    EXPECT_EQ(after.descriptors_open, 0);
    EXPECT_EQ(after.callbacks, 1);
    EXPECT_NE(after.reported, "");
    EXPECT_TRUE(failing == Failing::sink || after.client_saw_end);
  } else {
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(after.descriptors_open, failing == Failing::stage ? 2 : 1);
    EXPECT_FALSE(after.client_saw_end);
  }
}

INSTANTIATE_TEST_SUITE_P(InEachStage, Failure,
                         testing::Combine(testing::Values(Way::pipe, Way::pipeline),
                                          testing::Values(Failing::source, Failing::stage,
                                                          Failing::sink)),
                         [](const auto& test) {
                           return std::string(name(std::get<0>(test.param))) + "_" +
                                  std::string(name(std::get<1>(test.param)));
                         });

}  // namespace
