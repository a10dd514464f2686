// The lab's sampler beside perf, which is the kernel's own, and beside Node's profilers.
#include <gmock/gmock.h>

#include <cmath>
#include <regex>

#include "lab/core/error.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using namespace std::chrono_literals;

lab::Exit perf(std::vector<std::string> args) {
  args.insert(args.begin(), "perf");
  return lab::Child::run(args, {.deadline = 50s}).wait();
}

// Of what perf prints: the share of a function, in percent.
double share_of(const std::string& report, const std::string& function) {
  std::smatch found;
  const std::regex line(R"(([0-9.]+)%[^\n]*\b)" + function + R"(\b)");
  return std::regex_search(report, found, line) ? std::stod(found[1]) : 0;
}

TEST(ProfilingBesidePerf, FindsTheSameShareInTheSameRun) {
  const TempFolder folder;
  const std::string data = folder.path() + "/perf.data";
  try {
    const lab::Exit works =
        perf({"record", "-q", "-e", "cpu-clock", "-o", data, "--", "true"});
    if (!works.ok()) GTEST_SKIP() << "perf cannot sample here: " << works.err;
  } catch (const lab::Error& error) {
    GTEST_SKIP() << "perf is not installed: " << error.what();
  }
  const lab::Exit run =
      perf({"record", "-q", "-e", "cpu-clock", "-F", "250", "-o", data, "--",
            built("labs/22_profiling"), "--scene", "split", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string report =
      perf({"report", "-i", data, "--stdio", "--no-children", "-s", "symbol"}).out;
  const double parse = share_of(report, "parse_rules"), tax = share_of(report, "add_tax");
  ASSERT_GT(parse, 0) << report;
  ASSERT_GT(tax, 0) << report;

  // The lab's own shares, from the same run.
  std::smatch ours;
  const std::regex row(R"re("parse_rules"\s*,\s*"(\d+) %")re");
  ASSERT_TRUE(std::regex_search(run.out, ours, row)) << run.out;
  EXPECT_NEAR(std::stod(ours[1]), 100 * parse / (parse + tax), 10) << report;
}

class ProfilingBesideNode : public BesideNode {};

TEST_F(ProfilingBesideNode, TeachesWhatNodesProfilersDo) {
  Rows node = twin("22_profiling", {.deadline = 60s});
  // 80 and 20 where nothing else runs: Node's profiler takes waiting for a core as work.
  const double parse = std::stod(node["parse_rules"]), tax = std::stod(node["add_tax"]);
  EXPECT_GT(parse, 1.5 * tax);
  EXPECT_GT(tax, 5);
  EXPECT_NEAR(parse + tax, 100, 10);
  // Waiting is no function's time: Node calls it "(idle)".
  EXPECT_GE(std::stod(node["idle (ms)"]), 200);
  EXPECT_EQ(node["sleep"], "0 %");
  // One profile, and one log, for each thread with JavaScript.
  EXPECT_EQ(node["profiles with a worker"], "2");
  EXPECT_EQ(node["of which show parse_rules"], "1");
  EXPECT_EQ(node["and add_tax beside it"], "no");
  EXPECT_EQ(node["--prof logs with a worker"], "2");
  EXPECT_EQ(node["report names parse_rules"], "yes");
}

}  // namespace
