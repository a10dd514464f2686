// Lab 07 as a person runs it: every row of its ledger is claimed, and holds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

lab::Exit run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/07_workers", "--quick", "--json"});
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

TEST(WorkersLab, ProvesEveryRowOfItsLedger) {
  const auto exit = run_lab({});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(proven(exit), (std::set<std::string>{"07.1", "07.2", "07.3", "07.4", "07.5",
                                                 "07.6", "07.7", "07.8"}));
}

TEST(WorkersLab, KeepsThePoolsPromisesWithOtherSettingsToo) {
  for (const char* threads : {"1", "5"}) {
    const auto exit =
        run_lab({"--scene", "overload", "--threads", threads, "--queue", "1"});
    EXPECT_EQ(exit.code, 0) << exit.err;
    EXPECT_THAT(exit.out, testing::HasSubstr("what was accepted was done"));
  }
}

}  // namespace
