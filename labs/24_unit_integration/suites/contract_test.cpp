// Contract tests: the same questions to the fake and to the real thing. What a double
// promises and the real one does not keep turns red here.
#include <gtest/gtest.h>

#include <type_traits>

#include "suites/surroundings.hpp"
#include "unit_integration.hpp"

namespace lab24 {

struct Fake {
  FakeUsers users;
};
struct Real {
  Transaction transaction;
  PostgresUsers users{transaction.database};
};

template <class Kind>
struct UsersContract : testing::Test, Kind {};
struct KindNames {
  template <class Kind>
  static std::string GetName(int) {
    return std::is_same_v<Kind, Fake> ? "Fake" : "Real";
  }
};
using Kinds = testing::Types<Fake, Real>;
TYPED_TEST_SUITE(UsersContract, Kinds, KindNames);

TYPED_TEST(UsersContract, AddsAnAddressOnce) {
  EXPECT_TRUE(this->users.add("ann@example.org"));
  EXPECT_FALSE(this->users.add("ann@example.org"));
  EXPECT_FALSE(this->users.add("ann@example.org")) << "and it stays";
}

TYPED_TEST(UsersContract, TellsAddressesApart) {
  EXPECT_TRUE(this->users.add("ann@example.org"));
  EXPECT_TRUE(this->users.add("bob@example.org"));
}

// What every mock of a Mailer takes for granted.
TEST(MailerContract, AcceptsAWelcome_Real) {
  EXPECT_TRUE(HttpMailer(mail_port()).welcome("ann@example.org"));
}

}  // namespace lab24
