// What the suites of the lab need around them, and what they leave to a hostile peer.
#include "suites/surroundings.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>

#include "lab/db/postgres_server.hpp"
#include "support/own_run.hpp"
#include "test_app.hpp"
#include "world/mail_service.hpp"

namespace lab24 {
namespace {

// Set for all suites of this program, before the first of them.
class Surroundings : public testing::Environment {
  void SetUp() override {
    run_.emplace();
    database_.emplace();
    mail_.emplace();
    setenv("DATABASE_URL", database_->url().c_str(), 1);
    setenv("MAIL_PORT", std::to_string(mail_->port()).c_str(), 1);
  }

  void TearDown() override {
    mail_.reset();
    database_.reset();
    run_.reset();
  }

  std::optional<lab::test::OwnRun> run_;
  std::optional<lab::PostgresServer> database_;
  std::optional<MailService> mail_;
};
const auto* const kSurroundings = testing::AddGlobalTestEnvironment(new Surroundings);

struct NoMail : Mailer {
  bool welcome(const std::string&) override {
    throw lab::Error("ask the mail service", "it is down");
  }
};

TEST(HttpMailer, ThrowsWhenNobodyListens) {
  std::uint16_t port = 0;
  {
    MailService mail;
    port = mail.port();
  }
  HttpMailer mailer(port);
  EXPECT_THROW(mailer.welcome("ann@example.org"), lab::Error);
}

TEST(HttpMailer, IsRefusedByTheNextRelease) {
  MailService mail;
  HttpMailer mailer(mail.port());
  mail.release(2);
  EXPECT_FALSE(mailer.welcome("ann@example.org"));
  mail.release(1);
  EXPECT_TRUE(mailer.welcome("ann@example.org"));
}

TEST(Endpoint, SaysWhatWentWrong) {
  FakeUsers users;
  MailService mail;
  HttpMailer mailer(mail.port());
  mail.release(2);
  TestApp app(users, mailer);
  EXPECT_EQ(app.post("ann@example.org"), 502);
  EXPECT_EQ(app.post("ann@example.org"), 409) << "the user was stored";
}

TEST(Endpoint, SurvivesAServiceThatIsDown) {
  FakeUsers users;
  NoMail mailer;
  TestApp app(users, mailer);
  EXPECT_EQ(app.post("ann@example.org"), 500);
  EXPECT_EQ(app.post("no address"), 400);
}

TEST(Endpoint, TellsAReasonWithEachRefusal) {
  FakeUsers users;
  MailService mail;
  HttpMailer mailer(mail.port());
  SignUp sign_up(users, mailer);
  const auto handler = endpoint(sign_up);
  const auto body = [&](const std::string& address) {
    std::string text;
    handler({"POST", "/users", address},
            [&](const lab::http::Response& response) { text = response.body; });
    return text;
  };
  EXPECT_EQ(body("ann@example.org"), "");
  EXPECT_EQ(body("ann@example.org"), "this address is taken");
  EXPECT_EQ(body("ann"), "this is no address");
  mail.release(2);
  EXPECT_EQ(body("bob@example.org"), "the mail service refused");
}

TEST(TestApp, GivesItsPortBack) {
  FakeUsers users;
  NoMail mailer;
  std::optional<TestApp> app(std::in_place, users, mailer);
  const std::uint16_t port = app->port();
  EXPECT_THROW(TestApp(users, mailer, port), lab::Error);
  app.reset();
  EXPECT_EQ(TestApp(users, mailer, port).port(), port);
}

// An address goes into JSON and SQL as it is: whatever is typed, it has no letter of either.
TEST(Address, HasNoLetterThatCouldEscape) {
  std::mt19937 random(24);
  std::uniform_int_distribution<int> letters(0, 255), kinds(0, 3);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string typed = i % 2 ? "a@b" : "";
    for (int letter = 0; letter < 4; ++letter) {
      typed += kinds(random) ? "a.@-"[kinds(random)] : static_cast<char>(letters(random));
    }
    const auto address = address_of(typed);
    if (!address) continue;
    ++accepted;
    EXPECT_EQ(address->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789@.+-_"),
              std::string::npos)
        << typed;
    EXPECT_EQ(std::ranges::count(*address, '@'), 1) << typed;
    EXPECT_EQ(address_of(*address), address) << "cleaning twice changes nothing";
  }
  EXPECT_GT(accepted, 100);
}

TEST(Address, MayHaveThesePunctuationMarks) {
  EXPECT_EQ(address_of("a.b+c-d_e@f-g.org"), "a.b+c-d_e@f-g.org");
  EXPECT_EQ(address_of("a/b@c"), std::nullopt);
  EXPECT_EQ(address_of("\xc3\xa4@b"), std::nullopt);
}

}  // namespace
}  // namespace lab24
