// Lab 22 as a person runs it.
#include <gmock/gmock.h>

#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::HasSubstr;

TEST(ProfilingLab, DrawsParentsForEveryFrame) {
  const Played played = play("22_profiling", {"--quick", "--scene", "fix"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  std::set<std::string> names = {""};
  for (const Cells& row : played.table("Before and after the fix").rows)
    names.insert(row[0]);
  for (const Cells& row : played.table("Before and after the fix").rows) {
    EXPECT_TRUE(names.contains(row[1])) << row[1];
    EXPECT_THAT(row[2], HasSubstr(" samples"));
    EXPECT_THAT(row[3], HasSubstr(" samples"));
  }
  EXPECT_TRUE(names.contains("parse_rules"));
  EXPECT_TRUE(names.contains("add_tax"));
}

TEST(ProfilingLab, NamesTheIllnessOfEachService) {
  const Played played = play("22_profiling", {"--quick", "--scene", "doctor"});
  const auto rows = played.table("What the doctor saw").rows;
  std::map<std::string, std::string> found;
  for (const Cells& row : rows) found[row.front()] = row.back();
  EXPECT_EQ(found,
            (std::map<std::string, std::string>{{"serves at once", "healthy"},
                                                {"hashes in the pool", "CPU"},
                                                {"asks a slow store", "I/O"},
                                                {"computes on the loop", "blocked loop"},
                                                {"keeps every request", "memory"}}));
}

TEST(ProfilingLab, WaitsForAsManySamplesAsItIsTold) {
  const Played played = play("22_profiling", {"--scene", "split", "--samples", "150"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  for (const Cells& row : played.table("Flame graph").rows) {
    if (row[0] != "serve_order") continue;
    EXPECT_NEAR(std::stoi(row[2]), 155, 15);
  }
}

TEST(ProfilingLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("22_profiling", {"--samples", "149"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("samples"));
}

}  // namespace
