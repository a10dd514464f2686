// Lab 02's parts: the two queues, who drains them, and who starves.
#include <gmock/gmock.h>

#include "next_tick.hpp"
#include "world/environment.hpp"
#include "world/puzzles.hpp"
#include "world/starvation.hpp"

namespace lab02 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

using Order = std::vector<std::string>;

class TicksTest : public testing::Test {
 protected:
  Job note(std::string name) {
    return [this, name] { order.push_back(name); };
  }
  Order order;
  Ticks ticks;
};

TEST_F(TicksTest, RunsNothingUntilTheCallbackHasReturned) {
  ticks.run([&] {
    ticks.next_tick(note("tick"));
    ticks.queue_microtask(note("microtask"));
    EXPECT_TRUE(order.empty());
  });
  EXPECT_THAT(order, ElementsAre("tick", "microtask"));
}

TEST_F(TicksTest, RunsAllTicksBeforeTheFirstMicrotask) {
  ticks.run([&] {
    ticks.queue_microtask(note("microtask"));
    ticks.next_tick([&] {
      order.push_back("tick 1");
      ticks.next_tick(note("tick 2"));
    });
  });
  EXPECT_THAT(order, ElementsAre("tick 1", "tick 2", "microtask"));
}

TEST_F(TicksTest, LetsATickThatAMicrotaskQueuedWaitForTheLastMicrotask) {
  ticks.run([&] {
    ticks.queue_microtask([&] {
      order.push_back("p1");
      ticks.next_tick(note("tick"));
      ticks.queue_microtask(note("p2"));
    });
  });
  EXPECT_THAT(order, ElementsAre("p1", "p2", "tick"));
}

TEST_F(TicksTest, RunsTheMicrotasksOfThatTickToo) {
  ticks.run([&] {
    ticks.queue_microtask([&] {
      ticks.next_tick([&] { ticks.queue_microtask(note("the tick's microtask")); });
    });
  });
  EXPECT_THAT(order, ElementsAre("the tick's microtask"));
}

TEST_F(TicksTest, DrainsOnlyWhenTheOutermostCallbackReturns) {
  ticks.run([&] {
    ticks.run([&] { ticks.next_tick(note("tick")); });
    order.push_back("outer goes on");
  });
  EXPECT_THAT(order, ElementsAre("outer goes on", "tick"));
}

TEST_F(TicksTest, DoesNotDrainAgainInsideAJob) {
  ticks.run([&] {
    ticks.next_tick([&] {
      ticks.run([&] { ticks.queue_microtask(note("microtask")); });
      order.push_back("tick 1 goes on");
    });
    ticks.next_tick(note("tick 2"));
  });
  EXPECT_THAT(order, ElementsAre("tick 1 goes on", "tick 2", "microtask"));
}

TEST_F(TicksTest, CanRunAnotherCallbackAfterwards) {
  const Job callback = ticks.callback([&] { ticks.next_tick(note("tick")); });
  callback();
  callback();
  EXPECT_THAT(order, ElementsAre("tick", "tick"));
}

TEST(Environment, TellsOfEachNamedJobAsItIsQueuedAndTaken) {
  Environment node;
  std::vector<std::string> seen;
  std::uint64_t puts = 0;
  node.on_put = [&](std::string_view queue, std::string_view name, lab::Where) {
    seen.push_back("put " + std::string(name) + " into " + std::string(queue));
    return ++puts;
  };
  node.on_take = [&](std::string_view, std::string_view name, std::uint64_t number,
                     lab::Where) {
    seen.push_back("take " + std::string(name) + ", " + std::to_string(number));
  };
  node.script([&] {
    node.microtask("p");
    node.next_tick("t");
    node.next_tick("");
  });
  node.run();
  EXPECT_THAT(seen, ElementsAre("put p into microtask queue", "put t into nextTick queue",
                                "take t, 2", "take p, 1"));
  EXPECT_EQ(node.order(), "t > p");
}

TEST(Puzzles, TwoImmediatesKeepTicksAndPromisesBetweenThem) {
  EXPECT_EQ(order_of(two_immediates), "I1 > t > p > p2 > t2 > I2");
}

TEST(Puzzles, WithoutTheScopeTicksWaitForTheLoopsEnd) {
  const std::string late = "1 > 2 > 3 > tick 1 > tick 2 > tick 3";
  EXPECT_EQ(order_of(three_immediates, Drain::loops_end), late);
  EXPECT_EQ(order_of(three_timeouts, Drain::loops_end), late);
  const std::string between = "1 > tick 1 > 2 > tick 2 > 3 > tick 3";
  EXPECT_EQ(order_of(three_immediates, Drain::after_each_callback), between);
  EXPECT_EQ(order_of(three_timeouts, Drain::after_each_callback), between);
}

TEST(Puzzles, ATickComesBeforeAnImmediateInEveryPhase) {
  for (const auto& program :
       {tick_against_immediate_in_timers, tick_against_immediate_in_poll,
        tick_against_immediate_in_check}) {
    EXPECT_EQ(order_of(program), "tick > immediate");
    EXPECT_EQ(order_of(program, Drain::loops_end), "immediate > tick");
  }
}

TEST(Puzzles, ATickRunsBeforeTheFirstIterationAndAnImmediateInIt) {
  Environment node;
  const IterationsBegun seen = iterations_begun(node);
  EXPECT_EQ(seen.at_tick, 0u);
  EXPECT_EQ(seen.at_immediate, 1u);
}

TEST(Puzzles, AModulesMicrotasksGoBeforeItsTicks) {
  EXPECT_EQ(order_of(as_script),
            "async > sync > tick > promise > micro > await > timeout > immediate");
  EXPECT_EQ(order_of(as_module_before_the_loop),
            "async > sync > promise > micro > await > tick > timeout > immediate");
  EXPECT_EQ(order_of(as_module_in_poll),
            "async > sync > promise > micro > await > tick > immediate > timeout");
}

TEST(Puzzles, OnlyAnEventThatIsPutOffIsHeard) {
  EXPECT_EQ(order_of(emitted_at_once), "listens > timeout");
  EXPECT_EQ(order_of(emitted_by_tick), "listens > ready > timeout");
  EXPECT_EQ(order_of(emitted_by_immediate), "listens > timeout > ready");
}

TEST(Starvation, TheLoopGetsNoIterationWhileTicksOrMicrotasksQueueThemselves) {
  for (const Requeue requeue : {Requeue::next_tick, Requeue::microtask}) {
    const Starvation seen = starve(requeue, 30ms);
    EXPECT_GT(seen.links, static_cast<std::uint64_t>(kTail)) << name(requeue);
    EXPECT_EQ(seen.iterations, 0u) << name(requeue);
    EXPECT_FALSE(seen.timer_meanwhile) << name(requeue);
    EXPECT_FALSE(seen.byte_meanwhile) << name(requeue);
    EXPECT_GE(seen.timer_came, 30ms) << name(requeue);
  }
}

TEST(Starvation, TheLoopGetsAnIterationForEachImmediateAndEachTimeout) {
  for (const Requeue requeue : {Requeue::set_immediate, Requeue::set_timeout}) {
    const Starvation seen = starve(requeue, 30ms);
    EXPECT_GE(seen.iterations + 1, seen.links) << name(requeue);
    EXPECT_TRUE(seen.timer_meanwhile) << name(requeue);
    EXPECT_TRUE(seen.byte_meanwhile) << name(requeue);
  }
}

TEST(Starvation, TellsOfWhatHappensInItsOrder) {
  std::vector<std::string> seen;
  starve(Requeue::next_tick, 20ms,
         [&](std::string_view what) { seen.emplace_back(what); });
  EXPECT_THAT(seen, ElementsAre("chain ends", "timer", "byte"));
}

}  // namespace
}  // namespace lab02
