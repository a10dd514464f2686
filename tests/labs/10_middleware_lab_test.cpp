// Lab 10 as a person runs it: every row of its ledger is claimed, and holds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

void expect_the_whole_ledger(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/10_middleware", "--quick", "--json"});
  lab::Child child = lab::Child::run(flags, {.deadline = 50s});
  ASSERT_EQ(child.wait().code, 0) << child.wait().err;
  std::set<std::string> ids;
  std::istringstream in(child.wait().out);
  for (std::string line; std::getline(in, line);) {
    const json event = json::parse(line);
    if (event.value("cat", "") != "claim") continue;
    EXPECT_TRUE(event["args"]["holds"].get<bool>()) << event.dump();
    ids.insert(event["args"]["id"].get<std::string>());
  }
  EXPECT_EQ(ids, (std::set<std::string>{"10.1", "10.2", "10.3", "10.4", "10.5", "10.6",
                                        "10.7", "10.8"}));
}

TEST(MiddlewareLab, ProvesEveryRowOfItsLedger) {
  expect_the_whole_ledger({});
}

TEST(MiddlewareLab, ProvesThemWithOtherSettingsToo) {
  expect_the_whole_ledger({"--layers", "1", "--patience", "100"});
  expect_the_whole_ledger({"--layers", "50"});
}

}  // namespace
