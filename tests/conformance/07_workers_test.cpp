// Lab 07 beside Node: the same results, and the two that are C++'s own.
#include "support/played.hpp"

namespace {

using namespace lab::test;

using WorkersBesideNode = BesideNode;

TEST_F(WorkersBesideNode, HaveTheSameResultsExceptThatCppSharesAllMemory) {
  Rows node = twin("07_workers");
  Rows lab = play("07_workers", {"--scene", "node"}).rows();
  EXPECT_EQ(lab["a worker thread sets a global"], "changed");
  EXPECT_EQ(node["a worker thread sets a global"], "unchanged");
  EXPECT_EQ(lab["a worker thread writes a posted buffer"], "changed");
  EXPECT_EQ(node["a worker thread writes a posted buffer"], "unchanged");
  for (Rows* rows : {&lab, &node}) {
    EXPECT_EQ(rows->size(), 8u);
    rows->erase("a worker thread sets a global");
    rows->erase("a worker thread writes a posted buffer");
  }
  EXPECT_EQ(lab, node);
}

}  // namespace
