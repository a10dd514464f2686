// Unit tests with mocks: one class, and what it needs is played by GoogleMock.
#include <gmock/gmock.h>

#include "unit_integration.hpp"

namespace lab24 {

using testing::InSequence;
using testing::Return;
using testing::StrictMock;

struct MockUsers : Users {
  MOCK_METHOD(bool, add, (const std::string&), (override));
};
struct MockMailer : Mailer {
  MOCK_METHOD(bool, welcome, (const std::string&), (override));
};

// Strict: a call that nobody expects is a failure.
struct Mock : testing::Test {
  StrictMock<MockUsers> users;
  StrictMock<MockMailer> mailer;
  SignUp sign_up{users, mailer};
};

TEST_F(Mock, StoresTheUserAndThenSendsTheMail) {
  const InSequence in_order;
  EXPECT_CALL(users, add("ann@example.org")).WillOnce(Return(true));
  EXPECT_CALL(mailer, welcome("ann@example.org")).WillOnce(Return(true));
  EXPECT_EQ(sign_up("ann@example.org"), Result::created);
}

TEST_F(Mock, SendsNoMailForAnAddressThatIsTaken) {
  EXPECT_CALL(users, add).WillOnce(Return(false));
  EXPECT_EQ(sign_up("ann@example.org"), Result::taken);
}

TEST_F(Mock, AsksNobodyAboutWhatIsNoAddress) {
  EXPECT_EQ(sign_up("ann"), Result::no_address);
}

TEST_F(Mock, TellsThatTheMailWasRefused) {
  EXPECT_CALL(users, add).WillOnce(Return(true));
  EXPECT_CALL(mailer, welcome).WillOnce(Return(false));
  EXPECT_EQ(sign_up("ann@example.org"), Result::no_mail);
}

}  // namespace lab24
