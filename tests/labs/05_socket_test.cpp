// The streams of lab 05 on real sockets: what arrives, what stays open, what is left.
#include <gtest/gtest.h>

#include <csignal>
#include <tuple>

#include "experiments.hpp"
#include "lab/proc.hpp"

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
  const Record hand = run_transfer(Way::by_hand, kPlan);
  const Record piped = run_transfer(Way::pipe, kPlan);
  const Record lined = run_transfer(Way::pipeline, kPlan);
  EXPECT_EQ(hand.pauses, piped.pauses);
  EXPECT_EQ(lined.pauses, piped.pauses);
  EXPECT_EQ(piped.pauses.size(), 15u);
  EXPECT_EQ(piped.resumes, 16u);
  EXPECT_EQ(piped.drains, 15u);
  EXPECT_EQ(piped.unfounded_resumes, 0u);
  EXPECT_EQ(piped.peak, kPlan.high_water_mark);
}

TEST_F(Socket, TheQueueStaysBelowTheMarkAndOneChunkWhateverTheirSizes) {
  for (const std::size_t mark : {1u, 1000u, 16384u, 16385u, 100000u}) {
    SCOPED_TRACE(mark);
    Plan plan = kPlan;
    plan.high_water_mark = mark;
    const Record record = run_transfer(Way::pipe, plan);
    EXPECT_EQ(record.received, plan.total);
    EXPECT_LT(record.peak, mark + plan.chunk);
    for (const std::size_t queued : record.pauses) EXPECT_GE(queued, mark);
  }
}

TEST_F(Socket, IgnoredTheQueueHoldsAllThatTheKernelDoesNot) {
  const Record record = run_transfer(Way::ignore, kPlan);
  EXPECT_TRUE(record.pauses.empty());
  EXPECT_GT(record.peak, kPlan.total / 2);
}

TEST_F(Socket, ResumedBeforeTheDrainTheQueuePassesTheMark) {
  Plan plan = kPlan;
  plan.sink_rate = kKiB;
  plan.total = 30 * plan.chunk;
  const Record record = run_transfer(Way::hasty, plan);
  EXPECT_GT(record.unfounded_resumes, 0u);
  EXPECT_GT(record.peak, plan.high_water_mark + plan.chunk);
}

TEST_F(Socket, ASourceSlowerThanItsSinkIsNeverPaused) {
  Plan plan = kPlan;
  plan.source_rate = 8 * kKiB;
  const Record record = run_transfer(Way::pipe, plan);
  EXPECT_EQ(record.refusals, 0u);
  EXPECT_TRUE(record.pauses.empty());
}

TEST_F(Socket, AReaderThatStopsFillsBothOfTheKernelsQueues) {
  Plan plan = kPlan;
  plan.sink_rate = 0;
  World world(plan);
  world.ticks.run([&] { carry(Way::pipe, world.source, world.outlet.sink); });
  world.run([&] {
    if (world.milliseconds == 60) world.stop();
  });
  const KernelQueues kernel = world.outlet.kernel();
  EXPECT_GT(kernel.unread, 0u);
  EXPECT_GT(kernel.unsent, 0u);
  EXPECT_TRUE(world.source.paused());
  EXPECT_LT(world.source.made(), plan.total);
}

TEST_F(Socket, AWorldCanGoWhileWritesArePending) {
  World world(kPlan);
  world.ticks.run([&] { carry(Way::ignore, world.source, world.outlet.sink); });
  world.run([&] {
    if (world.milliseconds == 3) world.stop();
  });
  EXPECT_GT(world.outlet.sink.writable_length(), 0u);
}

class Failure : public Socket,
                public testing::WithParamInterface<std::tuple<Join, Failing>> {};

TEST_P(Failure, PipelineLeavesNothingOpenAndPipeLeavesTheOthers) {
  const auto [join, failing] = GetParam();
  const Aftermath after = run_failure(join, failing);
  const int destroyed =
      after.source_destroyed + after.stage_destroyed + after.sink_destroyed;
  if (join == Join::pipeline) {
    EXPECT_EQ(destroyed, 3);
    EXPECT_EQ(after.descriptors_open, 0);
    EXPECT_EQ(after.calls, 1);
    EXPECT_NE(after.told, "success");
    EXPECT_TRUE(failing == Failing::sink || after.client_saw_end);
  } else {
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(after.descriptors_open, failing == Failing::stage ? 2 : 1);
    EXPECT_FALSE(after.client_saw_end);
  }
}

INSTANTIATE_TEST_SUITE_P(InEachStage, Failure,
                         testing::Combine(testing::Values(Join::pipe, Join::pipeline),
                                          testing::Values(Failing::source, Failing::stage,
                                                          Failing::sink)),
                         [](const auto& test) {
                           return std::string(name(std::get<0>(test.param))) + "_" +
                                  std::string(name(std::get<1>(test.param)));
                         });

}  // namespace
