// Lab 06 as a person runs it: every row of its ledger is claimed, and holds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

lab::Exit run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/06_cluster", "--quick", "--json"});
  return lab::Child::run(flags, {.deadline = 55s}).wait();
}

std::set<std::string> proven(const lab::Exit& exit) {
  std::set<std::string> ids;
  std::istringstream in(exit.out);
  for (std::string line; std::getline(in, line);) {
    const json event = json::parse(line);
    if (event.value("cat", "") != "claim") continue;
    EXPECT_TRUE(event["args"]["holds"].get<bool>()) << event.dump();
    ids.insert(event["args"]["id"].get<std::string>());
  }
  return ids;
}

TEST(ClusterLab, ProvesEveryRowOfItsLedger) {
  const auto exit = run_lab({});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(proven(exit), (std::set<std::string>{"06.1", "06.2", "06.3", "06.4", "06.5",
                                                 "06.6", "06.7", "06.8"}));
}

TEST(ClusterLab, ReplacesItsWorkersWithoutAFailedRequest) {
  const auto exit = run_lab({"--scene", "rolling"});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_THAT(exit.out, testing::HasSubstr(" 0 failed"));
}

TEST(ClusterLab, HoldsWithAnyNumberOfWorkers) {
  for (const char* workers : {"1", "5"}) {
    const auto exit = run_lab({"--scene", "port", "--workers", workers});
    EXPECT_EQ(exit.code, 0) << exit.out;
  }
}

TEST(ClusterLab, RefusesSettingsThatMakeNoSense) {
  EXPECT_EQ(run_lab({"--workers", "0"}).code, 2);
}

}  // namespace
