// The lab as a person runs it: every row of the ledger is claimed, and holds.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

lab::Exit run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/14_circuit_breaker", "--quick"});
  return lab::Child::run(flags, {.deadline = 50s}).wait();
}

std::vector<json> events(const std::string& lines) {
  std::vector<json> result;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) result.push_back(json::parse(line));
  return result;
}

void expect_all_claims(const std::vector<json>& events) {
  std::set<std::string> proven;
  for (const auto& event : events) {
    if (event.value("cat", "") != "claim") continue;
    const auto& args = event.at("args");
    EXPECT_TRUE(args.at("holds").get<bool>()) << args.dump();
    EXPECT_FALSE(args.at("evidence").get<std::string>().empty());
    proven.insert(args.at("id").get<std::string>());
  }
  EXPECT_EQ(proven, (std::set<std::string>{"14.1", "14.2", "14.3", "14.4", "14.5"}));
}

TEST(CircuitBreakerLab, ProvesEveryRowOfItsLedger) {
  const auto exit = run_lab({"--json"});
  ASSERT_EQ(exit.code, 0) << exit.err;
  const auto all = events(exit.out);
  expect_all_claims(all);
  const auto& end = all.back();
  EXPECT_EQ(end.at("name"), "end");
  EXPECT_EQ(end.at("args").at("failed"), 0);
  EXPECT_EQ(end.at("args").at("dropped"), 0);
}

TEST(CircuitBreakerLab, ProvesThemWithOtherSettingsToo) {
  const auto exit = run_lab({"--json", "--probes", "5", "--minimum-calls", "10",
                             "--window", "10", "--failure-limit", "100", "--open-for",
                             "20", "--growth", "2", "--jitter", "50"});
  ASSERT_EQ(exit.code, 0) << exit.err;
  expect_all_claims(events(exit.out));
}

TEST(CircuitBreakerLab, RefusesAKnobOutOfRange) {
  const auto exit = run_lab({"--probes", "6"});
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("probes"), std::string::npos) << exit.err;
}

}  // namespace
