// Lab 30 as a person runs it: every row of its ledger is claimed, and holds; and the tables
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
using testing::ElementsAre;

struct Played {
  int code = -1;
  std::string errors;
  std::set<std::string> proven;
  std::map<std::string, std::vector<Row>> tables;
};

Played run_lab(std::vector<std::string> flags) {
  flags.insert(flags.begin(),
               {LAB_BUILD_DIR "/labs/30_event_emitter", "--quick", "--json"});
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

const std::set<std::string> kLedger = {"30.1", "30.2", "30.3", "30.4", "30.5", "30.6"};

TEST(EventEmitterLab, ProvesEveryRowOfItsLedger) {
  const Played played = run_lab({});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven, kLedger);
}

TEST(EventEmitterLab, ProvesThemWithOtherSettingsToo) {
  const Played played = run_lab({"--emits", "1", "--requests", "12"});
  EXPECT_EQ(played.code, 0) << played.errors;
  EXPECT_EQ(played.proven, kLedger);
}

TEST(EventEmitterLab, OnlyTheForgottenListenersStay) {
  const auto rows =
      run_lab({"--scene", "leak", "--requests", "100"}).tables["After all were answered"];
  EXPECT_THAT(rows,
              ElementsAre(Row{"forgets its listener", "100", "400 KiB", "100", "at 11"},
                          Row{"takes it off", "0", "0 KiB", "0", "none"},
                          Row{"has a subscription", "0", "0 KiB", "0", "none"}));
}

TEST(EventEmitterLab, OnlyASubscriptionEndsForTheEmitInProgress) {
  const auto rows = run_lab({"--scene", "gone"}).tables["The session's listener is"];
  EXPECT_THAT(rows, ElementsAre(Row{"calls off(), as in Node", "called after it went"},
                                Row{"ends a Subscription", "not called"}));
}

TEST(EventEmitterLab, RefusesAKnobOutOfRange) {
  const Played played = run_lab({"--requests", "11"});
  EXPECT_EQ(played.code, 2);
  EXPECT_THAT(played.errors, testing::HasSubstr("requests"));
}

}  // namespace
