// Lab 02 as a person runs it: every row of its ledger is claimed, and holds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

const std::string kLab = LAB_BUILD_DIR "/labs/02_next_tick";

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

const std::set<std::string> kLedger = {"02.1", "02.2", "02.3", "02.4", "02.5", "02.6"};

TEST(NextTickLab, ProvesEveryRowOfItsLedger) {
  const auto exit =
      lab::Child::run({kLab, "--quick", "--json"}, {.deadline = 50s}).wait();
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(proven(exit), kLedger);
}

TEST(NextTickLab, ProvesThemWithoutNodeAndSaysWhatIsMissing) {
  const lab::ChildOptions no_node{.deadline = 50s, .env = {{"PATH", "/nonexistent"}}};
  const auto proof = lab::Child::run({kLab, "--quick", "--json"}, no_node).wait();
  EXPECT_EQ(proof.code, 0) << proof.err;
  EXPECT_EQ(proven(proof), kLedger);
  const auto text = lab::Child::run({kLab, "--scene", "modules"}, no_node).wait();
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("Not played in Node itself"));
}

TEST(NextTickLab, StarvesForAsLongAsItsKnobSays) {
  const auto exit =
      lab::Child::run({kLab, "--scene", "starving", "--hold", "50ms"}, {.deadline = 50s})
          .wait();
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("A job queues itself for 50 ms"));
}

}  // namespace
