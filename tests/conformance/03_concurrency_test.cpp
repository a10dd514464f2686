// Lab 03 beside Node: who waits while the pool is held, and which of two calls comes first.
#include "support/played.hpp"

namespace {

using namespace lab::test;

Rows of_the_lab() {
  Rows rows;
  for (const char* scene : {"held", "trips"}) {
    for (const Table& table : play("03_concurrency", {"--scene", scene}).tables) {
      for (const Cells& row : table.rows) {
        if (table.title == "All threads of the pool are held")
          rows[row[0]] = row[1] + " > " + row[2];
        if (table.title == "Node plays this too") rows[row[0]] = row[1];
      }
    }
  }
  return rows;
}

using ConcurrencyBesideNode = BesideNode;

TEST_F(ConcurrencyBesideNode, TheSameCallsWaitForThePool) {
  Rows node = twin("03_concurrency");
  EXPECT_EQ(node["zlib.gzip"], "waits > done");  // a job, too; the lab has one for both
  node.erase("zlib.gzip");
  EXPECT_GE(node.size(), 8u);
  EXPECT_EQ(of_the_lab(), node);
}

}  // namespace
