// Lab 14 as a person runs it, with other settings.
#include "support/played.hpp"

namespace {

using namespace lab::test;

TEST(CircuitBreakerLab, ProvesItsLedgerWithOtherSettingsToo) {
  const Played played =
      play("14_circuit_breaker",
           {"--quick", "--probes", "5", "--minimum-calls", "10", "--window", "10",
            "--failure-limit", "100", "--open-for", "20"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 5u);
}

TEST(CircuitBreakerLab, RefusesAKnobOutOfRange) {
  const lab::Exit exit = play("14_circuit_breaker", {"--quick", "--probes", "6"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_NE(exit.err.find("probes"), std::string::npos) << exit.err;
}

}  // namespace
