// Lab 10 as a person runs it, with other settings.
#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(MiddlewareLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played = play("10_middleware", {"--quick", "--patience", "100"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 8u);
}

}  // namespace
