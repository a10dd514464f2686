// The sampler on real threads, and the report on stacks that are known.
#include "profiling.hpp"

#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "lab/os/proc.hpp"
#include "support/sanitized.hpp"
#include "world/shop.hpp"

namespace lab22 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void burn_until_sampled(const Sampler& sampler, std::size_t samples) {
  const auto give_up = lab::thread_cpu_time() + 10s;
  while (sampler.samples() < samples && lab::thread_cpu_time() < give_up)
    add_tax(steps_in(1ms));
}

class SamplerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (lab::test::kAddressSanitizer) GTEST_SKIP() << "a sanitizer delays signals";
  }
};

TEST_F(SamplerTest, NamesTheFunctionThatBurnsAndItsCallers) {
  Sampler sampler;
  Shop shop;
  while (sampler.samples() < 20) serve_order(shop);
  sampler.stop();
  const Profile profile(sampler.stacks());
  EXPECT_GE(profile.samples(), 20);
  EXPECT_EQ(profile.total("on_signal"), 0) << "the sampler is not in its own samples";
  EXPECT_GE(profile.self("parse_rules") + profile.self("add_tax"), 18);
  EXPECT_GE(profile.total("serve_order"), 18);
  EXPECT_LE(profile.self("serve_order"), 2);
}

TEST_F(SamplerTest, TakesNoMoreSamplesOnceStopped) {
  Sampler sampler;
  burn_until_sampled(sampler, 3);
  sampler.stop();
  sampler.stop();
  const std::size_t samples = sampler.samples();
  EXPECT_GE(samples, 3u);
  add_tax(steps_in(50ms));
  raise(SIGPROF);  // one that was still on its way
  EXPECT_EQ(sampler.samples(), samples);
  EXPECT_EQ(sampler.stacks().size(), samples);
}

TEST_F(SamplerTest, StopsWithItsObject) {
  { const Sampler sampler; }
  add_tax(steps_in(20ms));
  raise(SIGPROF);
  Sampler next;
  EXPECT_EQ(next.samples(), 0u);
}

// A timer that went on would interrupt the thread's system calls for ever.
TEST_F(SamplerTest, SendsNoMoreSignalsOnceStopped) {
  { const Sampler sampler; }
  static std::atomic<int> signals = 0;
  const auto before = signal(SIGPROF, [](int) { ++signals; });
  add_tax(steps_in(20ms));
  EXPECT_EQ(signals, 0);
  signal(SIGPROF, before);
}

TEST_F(SamplerTest, DoesNotSampleAnotherThread) {
  Sampler sampler;
  const std::size_t before = sampler.samples();
  std::thread([] { parse_rules(steps_in(100ms)); }).join();
  sampler.stop();
  EXPECT_LE(sampler.samples() - before, 2u) << "starting a thread costs a little";
  EXPECT_EQ(Profile(sampler.stacks()).total("parse_rules"), 0);
}

TEST_F(SamplerTest, EachThreadMayHaveOne) {
  Sampler mine;
  std::size_t theirs = 0;
  std::thread([&] {
    Sampler sampler;
    burn_until_sampled(sampler, 3);
    theirs = sampler.samples();
  }).join();
  EXPECT_GE(theirs, 3u);
  EXPECT_THROW(Sampler(), std::invalid_argument);
  burn_until_sampled(mine, 3);
  EXPECT_GE(mine.samples(), 3u) << "the refused one did not stop it";
}

TEST_F(SamplerTest, AWaitingThreadIsNotSampled) {
  Sampler sampler;
  ask_store(100ms);
  sampler.stop();
  EXPECT_LE(sampler.samples(), 3u);
}

TEST_F(SamplerTest, TakesNoMoreSamplesThanItHasRoomFor) {
  Sampler sampler;
  for (int i = 0; i < 3000; ++i) raise(SIGPROF);
  EXPECT_EQ(sampler.samples(), 2048u);
  EXPECT_EQ(sampler.stacks().size(), 2048u);
  EXPECT_FALSE(sampler.stacks().back().empty());
}

TEST(FunctionAt, IsTheShortNameOfASymbol) {
  EXPECT_EQ(function_at(reinterpret_cast<Address>(&add_tax)), "add_tax");
  EXPECT_EQ(function_at(reinterpret_cast<Address>(&serve_order) + 1), "serve_order");
}

TEST(FunctionAt, IsUnknownOutsideTheProgram) {
  EXPECT_EQ(function_at(0), "?");
  EXPECT_EQ(function_at(8), "?");
  EXPECT_EQ(function_at(~Address{0}), "?");
}

TEST(Log, ComesBackAsItWasWritten) {
  const std::vector<Stack> stacks = {{1, 0xabc}, {~Address{0}}, {1, 2, 3}};
  std::stringstream log;
  write_log(log, stacks);
  EXPECT_EQ(log.str(), "1 abc\nffffffffffffffff\n1 2 3\n");
  EXPECT_EQ(read_log(log), stacks);
}

TEST(Log, OfNothingIsEmpty) {
  std::stringstream log;
  write_log(log, {});
  EXPECT_THAT(read_log(log), IsEmpty());
}

TEST(Log, RefusesWhatIsNotAStackAndSaysWhere) {
  for (const std::string line :
       {"", " ", "g", "0x12", "-1", "+1", "1 ", " 1", "1  2", "1;2", "1 2 x", "1\t2",
        "1\r", "10000000000000000", "1 ffffffffffffffffff", "é"}) {
    std::istringstream log("1 2\n" + line + "\n3\n");
    try {
      const auto stacks = read_log(log);
      ADD_FAILURE() << '"' << line << "\" was read";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("line 2"));
    }
  }
}

TEST(Log, RefusesAZeroByteAndReadsAVeryDeepStack) {
  std::istringstream zero(std::string("1\0002\n", 4));
  EXPECT_THROW(read_log(zero), std::invalid_argument);
  std::string deep = "1";
  for (int i = 0; i < 100'000; ++i) deep += " a";
  std::istringstream log(deep);
  EXPECT_EQ(read_log(log).at(0).size(), 100'001u);
}

Profile known() {
  Profile profile;
  profile.add({"serve", "parse"}, 70);
  profile.add({"serve", "tax"}, 20);
  profile.add({"serve"}, 6);
  profile.add({"log", "tax"}, 4);
  return profile;
}

TEST(Profile, TellsSelfFromTotal) {
  const Profile profile = known();
  EXPECT_EQ(profile.samples(), 100);
  EXPECT_EQ(profile.self("parse"), 70);
  EXPECT_EQ(profile.self("tax"), 24);
  EXPECT_EQ(profile.self("serve"), 6);
  EXPECT_EQ(profile.total("serve"), 96);
  EXPECT_EQ(profile.total("nobody"), 0);
  EXPECT_DOUBLE_EQ(profile.share("parse"), 0.7);
  EXPECT_DOUBLE_EQ(Profile().share("parse"), 0);
}

TEST(Profile, CountsARecursiveFunctionOnce) {
  Profile profile;
  profile.add({"walk", "walk", "walk"}, 3);
  EXPECT_EQ(profile.total("walk"), 3);
  EXPECT_EQ(profile.self("walk"), 3);
}

TEST(Profile, FoldsEqualStacks) {
  Profile profile = known();
  profile.add({"serve", "parse"});
  EXPECT_EQ(profile.folded(), "log;tax 4\nserve 6\nserve;parse 71\nserve;tax 20\n");
}

TEST(Profile, DrawsEachCallerAsWideAsItsCallees) {
  const auto row = [](const Profile::Frame& frame) {
    return frame.caller + ">" + frame.function + " " + std::to_string(frame.samples);
  };
  std::vector<std::string> rows;
  for (const auto& frame : known().flame()) rows.push_back(row(frame));
  EXPECT_THAT(rows, ElementsAre(">log 4", "log>tax 4", ">serve 96", "serve>parse 70",
                                "serve>tax 20"));
}

TEST(Profile, BeginsAtItsRootAndGathersWhatIsOutside) {
  const auto tax = reinterpret_cast<Address>(&add_tax);
  const auto serve = reinterpret_cast<Address>(&serve_order);
  const Profile profile({{0, serve, tax}, {0, tax}, {0}}, "serve_order");
  EXPECT_EQ(profile.folded(), "(program) 2\nserve_order;add_tax 1\n");
  const Profile whole({{0, serve, tax}});
  EXPECT_EQ(whole.folded(), "?;serve_order;add_tax 1\n");
}

TEST(Profile, OfAnEmptyStackIsTheProgram) {
  EXPECT_EQ(Profile({Stack{}}).folded(), "(program) 1\n");
}

}  // namespace
}  // namespace lab22
