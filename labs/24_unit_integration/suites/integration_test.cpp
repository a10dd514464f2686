// Integration tests: a request to the endpoint; database and mail service are real.
#include <gtest/gtest.h>

#include "suites/surroundings.hpp"
#include "test_app.hpp"

namespace lab24 {

struct Integration : testing::Test {
  Transaction transaction;
  PostgresUsers users{transaction.database};
  HttpMailer mailer{mail_port()};
  TestApp app{users, mailer};
};

TEST_F(Integration, CreatesAUser) {
  EXPECT_EQ(app.post("ann@example.org"), 201);
}

TEST_F(Integration, RefusesTheSameAddressAgain) {
  EXPECT_EQ(app.post("ann@example.org"), 201);
  EXPECT_EQ(app.post(" Ann@Example.org "), 409);
}

TEST_F(Integration, RefusesWhatIsNoAddressAndGoesOn) {
  EXPECT_EQ(app.post("ann"), 400);
  EXPECT_EQ(app.post("ann@example.org"), 201);
}

TEST_F(Integration, KnowsNoOtherPath) {
  EXPECT_EQ(app.send({"POST", "/user", "ann@example.org"}), 404);
  EXPECT_EQ(app.send({"GET", "/users", "ann@example.org"}), 404);
}

}  // namespace lab24
