// Our reachability beside LeakSanitizer, on the same planted code.
#include <gmock/gmock.h>

#include <regex>

#include "diagnosis.hpp"
#include "lab/os/process.hpp"
#include "support/places.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace {

using namespace lab21;

struct Lost {
  double direct = 0, indirect = 0;  // bytes
};

class BesideLeakSanitizer : public testing::Test {
 protected:
  static Lost sanitizer(const std::string& fault) {
    const lab::Exit exit = lab::Child::run({lab::test::built("tests/zoo_21"), fault},
                                           {.deadline = std::chrono::seconds(60)})
                               .wait();
    Lost lost;
    cannot_run_ = exit.err.find("fatal error") != std::string::npos;
    const std::regex line(R"((Direct|Indirect) leak of (\d+) byte)");
    for (std::sregex_iterator at(exit.err.begin(), exit.err.end(), line), end; at != end;
         ++at)
      ((*at)[1] == "Direct" ? lost.direct : lost.indirect) += std::stod((*at)[2]);
    return lost;
  }
  static Lost ours(void (*plant)()) {
    HeapSampler sampler(1);
    const Recording recording(sampler);
    for (int i = 0; i < 300; ++i) plant();
    const Snapshot everything = sampler.snapshot();
    const Reachability reach = reachability(everything);
    const double unreachable = reach.unreachable * total(everything).bytes;
    return {unreachable * reach.heads, unreachable * (1 - reach.heads)};
  }
  // An old word on a stack or in a register may keep a block or two, in either of them.
  static void expect_equal(const Lost& left, const Lost& right) {
    EXPECT_NEAR(left.direct, right.direct, 0.02 * 300'000);
    EXPECT_NEAR(left.indirect, right.indirect, 0.02 * 400'000);
  }
  inline static bool cannot_run_ = false;
};

#define SKIP_WITHOUT_PTRACE() \
  if (cannot_run_) GTEST_SKIP() << "LeakSanitizer cannot stop its process here"

TEST_F(BesideLeakSanitizer, LostPointersAreDirectLeaks) {
  const Lost theirs = sanitizer("lost");
  SKIP_WITHOUT_PTRACE();
  EXPECT_GT(theirs.direct, 295'000);
  expect_equal(ours([] { forget_buffer(1000); }), theirs);
}

TEST_F(BesideLeakSanitizer, CyclesAreIndirectLeaksOnly) {
  const Lost theirs = sanitizer("cycle");
  SKIP_WITHOUT_PTRACE();
  EXPECT_GT(theirs.indirect, 295'000);
  EXPECT_EQ(theirs.direct, 0);
  expect_equal(ours([] { open_session(1000); }), theirs);
}

// What the usual tool misses: somebody still holds it.
TEST_F(BesideLeakSanitizer, ForgottenListenersAreNoLeakForEither) {
  const Lost theirs = sanitizer("listener");
  SKIP_WITHOUT_PTRACE();
  EXPECT_EQ(theirs.direct + theirs.indirect, 0);
  static Calls listeners;
  const Lost mine = ours([] { subscribe(listeners, 1000); });
  EXPECT_EQ(mine.direct + mine.indirect, 0);
}

}  // namespace
