// Unit tests: one function, nothing around it.
#include <gtest/gtest.h>

#include "unit_integration.hpp"

namespace lab24 {

TEST(Unit, StoresAnAddressInSmallLetters) {
  EXPECT_EQ(address_of("Ann@Example.org"), "ann@example.org");
}

TEST(Unit, CutsBlanksAround) {
  EXPECT_EQ(address_of("  a@b "), "a@b");
}

TEST(Unit, RefusesWhatIsNoAddress) {
  for (const char* typed :
       {"", "  ", "@", "ann", "@b", "a@", "a@b@c", "a b@c", "a\"@b"}) {
    EXPECT_EQ(address_of(typed), std::nullopt) << typed;
  }
}

}  // namespace lab24
