// Lab 23 as a person runs it: every row of its ledger is claimed, and holds; and the tables
// that no claim speaks of say what its page says.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Row = std::vector<std::string>;

struct Played {
  int code = -1;
  std::string errors;
  std::set<std::string> proven;
  std::map<std::string, std::vector<Row>> tables;
};

Played run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {LAB_BUILD_DIR "/labs/23_blocking", "--quick", "--json"});
  const auto exit = lab::Child::run(flags, {.deadline = 55s}).wait();
  Played played{exit.code, exit.err, {}, {}};
  std::istringstream in(exit.out);
  for (std::string line; std::getline(in, line);) {
    const json event = json::parse(line);
    const auto& args = event["args"];
    if (event.value("cat", "") == "table")
      played.tables[args["title"]] = args["rows"].get<std::vector<Row>>();
    if (event.value("cat", "") != "claim") continue;
    EXPECT_TRUE(args["holds"].get<bool>()) << event.dump();
    played.proven.insert(args["id"].get<std::string>());
  }
  return played;
}

TEST(BlockingLab, ProvesEveryRowOfItsLedger) {
  const Played played = run_lab({});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven, (std::set<std::string>{"23.1", "23.2", "23.3", "23.4", "23.5",
                                                  "23.6", "23.7", "23.8"}));
}

TEST(BlockingLab, ProvesThemWithOtherSettingsToo) {
  const Played played =
      run_lab({"--job", "500", "--slice", "0.05", "--limit", "5", "--letters", "10"});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven.size(), 8u);
}

TEST(BlockingLab, RefusesSomeAboveTheLimitAndServesTheOthers) {
  const auto rows = run_lab({"--scene", "shed"}).tables["Twice as much as it can do"];
  ASSERT_EQ(rows.size(), 2u);
  const auto number = [&](std::size_t row, std::size_t column) {
    return std::stoi(rows[row][column]);
  };
  EXPECT_EQ(number(0, 2), number(0, 1));  // all served
  EXPECT_EQ(number(0, 3), 0);
  EXPECT_GT(number(1, 2), 0);
  EXPECT_GT(number(1, 3), 0);
  EXPECT_EQ(number(1, 2) + number(1, 3), number(1, 1));
}

TEST(BlockingLab, RefusesAKnobOutOfRange) {
  for (const char* knob : {"--job", "--slice", "--limit", "--letters"}) {
    const Played played = run_lab({knob, "100000"});
    EXPECT_EQ(played.code, 2) << knob;
    EXPECT_THAT(played.errors, testing::HasSubstr(std::string(knob).substr(2)));
  }
}

TEST(BlockingLab, ItsServiceRefusesToBeStartedByHand) {
  EXPECT_EQ(run_lab({"--role", "service"}).code, 2);
}

}  // namespace
