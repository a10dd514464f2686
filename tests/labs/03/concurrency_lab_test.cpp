// Lab 03 as a person runs it: in shells that are set up otherwise.
#include <gmock/gmock.h>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab::test;

// Its own pool has four threads, whatever the shell says: its roles ask for others.
TEST(ConcurrencyLab, ProvesItsLedgerWhateverSizeTheShellHasSet) {
  for (const char* size : {"1", "32", "nonsense"}) {
    const Played played =
        play("03_concurrency", {"--quick"}, {{"UV_THREADPOOL_SIZE", size}});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(played.proven.size(), 10u) << size;
  }
}

TEST(ConcurrencyLab, SaysWhenItMayNotOpenSoManyConnections) {
  lab::Child child = lab::Child::run(
      {"sh", "-c",
       "ulimit -n 256; exec " +
           lab::test::built("labs/03_concurrency --scene meeting --questions 1000")},
      {.deadline = 50s});
  EXPECT_EQ(child.wait().code, 1);
  EXPECT_THAT(child.wait().err,
              testing::HasSubstr("at most 256 descriptors are allowed (ulimit -Hn)"));
}

}  // namespace
