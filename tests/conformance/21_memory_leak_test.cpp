// Three snapshots and two deaths, in C++ and in Node.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab::test;

class MemoryLeakBesideNode : public BesideNode {
 protected:
  static const Rows& node() {
    static const Rows rows = twin("21_memory_leak", {.deadline = 120s});
    return rows;
  }
};

TEST_F(MemoryLeakBesideNode, BothDieOfTheHeapsLimitAndNotOfBuffers) {
  for (const Cells& row :
       play("21_memory_leak", {"--scene", "deaths"}).table("Death certificates").rows) {
    if (row[0] == "buffers in a container") continue;  // Node's needs root: README.md
    EXPECT_EQ(node().at(row[0]),
              row[1] + ", handlers " + row[2] + ", last words " + row[3]);
  }
}

TEST_F(MemoryLeakBesideNode, ThreeSnapshotsCountTheSamePlantedObjects) {
  const Table table = play("21_memory_leak", {"--scene", "three"})
                          .table("The largest site of each comparison");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[2][1], "forget_buffer");
  EXPECT_EQ(node().at("three"), "Forgotten " + table.rows[2][2]);
  // In both, what is only in flight hides the leak from two snapshots.
  EXPECT_EQ(table.rows[1][1], "add_to_batch");
  EXPECT_EQ(node().at("two"), "InBatch 600");
}

TEST_F(MemoryLeakBesideNode, BuffersRiseOutsideTheHeap) {
  EXPECT_EQ(node().at("objects rise in"), "heapUsed");
  EXPECT_EQ(node().at("buffers rise in"), "arrayBuffers");
  EXPECT_EQ(node().at("nothing rises in"), "none");
}

}  // namespace
