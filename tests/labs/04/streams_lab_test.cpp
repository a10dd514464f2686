// Lab 04 as a person runs it: every row of its ledger is claimed, and holds; and the tables
// that no claim speaks of say what its page says.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/os/process.hpp"
#include "support/places.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Row = std::vector<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;

struct Played {
  int code = -1;
  std::string errors;
  std::set<std::string> proven;
  std::map<std::string, std::vector<Row>> tables;
};

Played run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {lab::test::built("labs/04_streams"), "--quick", "--json"});
  const auto exit = lab::Child::run(flags, {.deadline = 50s}).wait();
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

const std::set<std::string> kLedger = {"04.1", "04.2", "04.3", "04.4", "04.5", "04.6"};

TEST(StreamsLab, ProvesEveryRowOfItsLedger) {
  const Played played = run_lab({});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven, kLedger);
}

TEST(StreamsLab, ProvesThemWithChunksThatDoNotDivideTheFile) {
  const Played played = run_lab({"--chunk", "100000", "--size", "32"});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven, kLedger);
}

TEST(StreamsLab, ObjectsAreCountedNotWeighed) {
  const auto rows = run_lab({"--scene", "objects"}).tables["Objects"];
  EXPECT_THAT(
      rows, ElementsAre(Row{"three chunks of bytes, as lines", "1:one > 2:two > 3:three"},
                        Row{"a mark of 2: three writes return", "true > false > false"},
                        Row{"its length then", "3"}));
}

TEST(StreamsLab, RefusesAKnobOutOfRange) {
  const Played played = run_lab({"--size", "31"});
  EXPECT_EQ(played.code, 2);
  EXPECT_THAT(played.errors, HasSubstr("size"));
}

}  // namespace
