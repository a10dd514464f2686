// Lab 21 as a person runs it, with its knobs at both ends.
#include <gmock/gmock.h>

#include "support/played.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace lab::test;
using testing::IsEmpty;

class MemoryLeakLab : public testing::Test {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  }
};

TEST_F(MemoryLeakLab, ProvesItsLedgerWithItsKnobsAtBothEnds) {
  for (const auto& [sample, size] : {std::pair("8192", "2000"), {"32768", "8000"}}) {
    const Played played = play("21_memory_leak", {"--sample", sample, "--size", size});
    EXPECT_EQ(played.exit.code, 0) << sample << played.exit.err;
    EXPECT_EQ(played.proven.size(), 6u);
    EXPECT_THAT(played.failed, IsEmpty());
  }
}

TEST_F(MemoryLeakLab, DiagnosesEachFaultThreeTimes) {
  const Played played = play("21_memory_leak", {"--scene", "doctor"});
  const Table matrix = played.table("Planted, and what the diagnosis said");
  ASSERT_EQ(matrix.rows.size(), 8u);
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t column = 1; column < matrix.columns.size(); ++column)
      EXPECT_EQ(matrix.rows[row][column], column == row + 1 ? "3" : ".");
  }
}

}  // namespace
