// Lab 23 beside Node: the same acts on both, and each line the same.
#include "support/played.hpp"

namespace {

using namespace lab::test;

class BlockingBesideNode : public BesideNode {};

void add_rows(const char* scene, const char* title, Rows& rows) {
  for (const Cells& row : play("23_blocking", {"--scene", scene}).table(title).rows)
    rows[row[0]] = row[1];
}

TEST_F(BlockingBesideNode, HasTheSameResults) {
  Rows node = twin("23_blocking");
  EXPECT_EQ(node["(a+)+, six letters more"], "takes much longer");  // counted in the lab
  node.erase("(a+)+, six letters more");
  Rows ours;
  add_rows("lag", "What the meter sees", ours);
  add_rows("cures", "The same sum", ours);
  add_rows("others", "What happens to the first client", ours);
  // Of these two Node plays no twin.
  EXPECT_EQ(ours.erase("another process"), 1u);
  EXPECT_EQ(ours.erase("a visitor of the free server"), 1u);
  EXPECT_EQ(node.size(), 13u);
  EXPECT_EQ(ours, node);
}

}  // namespace
