// Lab 02 beside Node: the same puzzles, the same orders.
#include <gmock/gmock.h>

#include "../support/played.hpp"

namespace {

using namespace lab::test;

constexpr const char* kModule = "The program as .mjs";
constexpr const char* kEarly = "The program as .mjs, before the loop";
constexpr const char* kInPoll = "The program as .mjs, in poll";

// A table of one column has its name in its title.
Rows of_the_lab() {
  Rows orders;
  for (const Table& table : play("02_next_tick", {"--scene", "puzzles"}).tables) {
    for (const Cells& row : table.rows) {
      orders[row.size() == 1 ? table.title : row[0]] = row.back();
    }
  }
  return orders;
}

Rows of_node() {
  return twin("02_next_tick");
}

using NextTickBesideNode = BesideNode;

TEST_F(NextTickBesideNode, PlaysEveryPuzzleInTheSameOrder) {
  Rows lab = of_the_lab();
  Rows node = of_node();
  EXPECT_EQ(lab.size(), 11u);
  for (const char* name : {kEarly, kInPoll}) lab.erase(name);
  node.erase(kModule);
  EXPECT_EQ(lab, node);
}

// Since 22 a module is evaluated before the loop starts; until then, in a callback of poll.
TEST_F(NextTickBesideNode, LoadsAModuleWhereItsVersionDoes) {
  const int major = std::stoi(output_of_node({"-p", "process.versions.node"}));
  EXPECT_EQ(of_node()[kModule], of_the_lab()[major >= 22 ? kEarly : kInPoll]);
}

// What the lab itself plays in Node is what its twin plays.
TEST_F(NextTickBesideNode, ShowsNodesOwnOrderInTheScene) {
  Rows columns;
  for (const Table& table : play("02_next_tick", {"--scene", "modules"}).tables) {
    for (const Cells& row : table.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        std::string& order = columns[table.columns[i]];
        order += (order.empty() ? "" : " > ") + row[i];
      }
    }
  }
  const Rows node = of_node();
  EXPECT_EQ(columns["node .cjs"], node.at("The program as .cjs"));
  EXPECT_EQ(columns["node .mjs"], node.at(kModule));
}

}  // namespace
