// Lab 03 as a person runs it: every row of its ledger is claimed, and holds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "lab/process.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

lab::Exit run_lab(std::vector<std::string> flags,
                  std::vector<std::pair<std::string, std::string>> env = {}) {
  flags.insert(flags.begin(),
               {LAB_BUILD_DIR "/labs/03_concurrency", "--quick", "--json"});
  return lab::Child::run(flags, {.deadline = 50s, .env = std::move(env)}).wait();
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

const std::set<std::string> kLedger = {"03.1", "03.2", "03.3", "03.4", "03.5",
                                       "03.6", "03.7", "03.8", "03.9", "03.10"};

TEST(ConcurrencyLab, ProvesEveryRowOfItsLedger) {
  const auto exit = run_lab({});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(proven(exit), kLedger);
}

// Its own pool has four threads, whatever the shell says: its roles ask for others.
TEST(ConcurrencyLab, ProvesThemWhateverSizeTheShellHasSet) {
  for (const char* size : {"1", "32", "nonsense"}) {
    const auto exit = run_lab({}, {{"UV_THREADPOOL_SIZE", size}});
    EXPECT_EQ(exit.code, 0) << exit.err;
    EXPECT_EQ(proven(exit), kLedger) << size;
  }
}

TEST(ConcurrencyLab, SaysWhenItMayNotOpenSoManyConnections) {
  lab::Child child =
      lab::Child::run({"sh", "-c",
                       "ulimit -n 256; exec " LAB_BUILD_DIR
                       "/labs/03_concurrency --scene meeting --questions 1000"},
                      {.deadline = 50s});
  EXPECT_EQ(child.wait().code, 1);
  EXPECT_THAT(child.wait().err,
              testing::HasSubstr("at most 256 descriptors are allowed (ulimit -Hn)"));
}

}  // namespace
