// Lab 10 as a person runs it, with other settings.
#include "../support/played.hpp"

namespace {

using namespace lab::test;

TEST(MiddlewareLab, ProvesItsLedgerWithOtherSettingsToo) {
  using Flags = std::vector<std::string>;
  for (const Flags& flags : {Flags{"--quick", "--layers", "1", "--patience", "100"},
                             Flags{"--quick", "--layers", "50"}}) {
    const Played played = play("10_middleware", flags);
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(played.proven.size(), 8u);
  }
}

}  // namespace
