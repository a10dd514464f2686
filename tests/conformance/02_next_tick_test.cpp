// Lab 02 beside Node: the same puzzles, the same orders.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace {

using Json = nlohmann::json;
using Orders = std::map<std::string, std::string>;

constexpr const char* kModule = "The program as .mjs";
constexpr const char* kEarly = "The program as .mjs, before the loop";
constexpr const char* kInPoll = "The program as .mjs, in poll";

std::string output(std::vector<std::string> argv) {
  lab::Child child =
      lab::Child::run(std::move(argv), {.deadline = std::chrono::seconds(60)});
  EXPECT_EQ(child.wait().code, 0) << child.wait().err;
  return child.wait().out;
}

// A table of one column has its name in its title.
Orders of_the_lab() {
  Orders orders;
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/02_next_tick", "--scene", "puzzles", "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    const std::string title = event.at("args").at("title");
    for (const Json& row : event.at("args").at("rows")) {
      orders[row.size() == 1 ? title : row[0].get<std::string>()] = row.back();
    }
  }
  return orders;
}

Orders of_node() {
  Orders orders;
  std::istringstream lines(
      output({"node", LAB_SOURCE_DIR "/labs/02_next_tick/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    orders[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return orders;
}

class NextTickBesideNode : public testing::Test {
 protected:
  void SetUp() override {
    try {
      major_ = std::stoi(output({"node", "-p", "process.versions.node"}));
    } catch (const lab::Error& error) {
      if (std::getenv("CI")) FAIL() << error.what();
      GTEST_SKIP() << "needs node (" << error.what() << ")";
    }
  }
  int major_ = 0;
};

TEST_F(NextTickBesideNode, PlaysEveryPuzzleInTheSameOrder) {
  Orders lab = of_the_lab();
  Orders node = of_node();
  EXPECT_EQ(lab.size(), 11u);
  for (const char* name : {kEarly, kInPoll}) lab.erase(name);
  node.erase(kModule);
  EXPECT_EQ(lab, node);
}

// Since 22 a module is evaluated before the loop starts; until then, in a callback of poll.
TEST_F(NextTickBesideNode, LoadsAModuleWhereItsVersionDoes) {
  EXPECT_EQ(of_node()[kModule], of_the_lab()[major_ >= 22 ? kEarly : kInPoll]);
}

// What the lab itself plays in Node is what its twin plays.
TEST_F(NextTickBesideNode, ShowsNodesOwnOrderInTheScene) {
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/02_next_tick", "--scene", "modules", "--json"}));
  std::map<std::string, std::string> columns;
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    const Json& args = event.at("args");
    for (const Json& row : args.at("rows")) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        std::string& order = columns[args.at("columns")[i]];
        order += (order.empty() ? "" : " > ") + row[i].get<std::string>();
      }
    }
  }
  const Orders node = of_node();
  EXPECT_EQ(columns["node .cjs"], node.at("The program as .cjs"));
  EXPECT_EQ(columns["node .mjs"], node.at(kModule));
}

}  // namespace
