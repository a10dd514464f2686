// The service's side on a real PostgreSQL: repetitions, late commands, the outbox, and what
// a stranger sends.
#include <gmock/gmock.h>

#include <optional>
#include <random>

#include "memory.hpp"
#include "support/own_run.hpp"
#include "world/services.hpp"

namespace lab13 {
namespace {

using testing::ElementsAre;

// One server for all tests of the program, in a run's folder that outlives it.
const lab::test::OwnRun& own_run() {
  static const lab::test::OwnRun one;
  return one;
}

std::vector<Step> payment_steps() {
  std::vector<Step> steps = order_steps();
  steps.insert(steps.end(), {kAuthorize, kSettle});
  return steps;
}

class ParticipantTest : public testing::Test {
 protected:
  ParticipantTest() {
    own_run();
    shop.emplace();
    payments.emplace(Shop::url("payments"), payment_steps());
  }

  Outcome handle(const std::string& action, const std::string& saga = "7",
                 const std::string& input = "ann lamp 60") {
    return payments->handle({"payments", action, saga, input});
  }
  std::string balance() {
    return shop->ask("payments", "SELECT balance FROM accounts WHERE name = 'ann'");
  }
  std::vector<std::string> relayed() {
    std::vector<std::string> events;
    payments->relay([&](const Message& message) { events.push_back(message.event); });
    return events;
  }

  std::optional<Shop> shop;
  std::optional<Participant> payments;
};

TEST_F(ParticipantTest, TakesARepetitionOnceAndAnswersTheSame) {
  EXPECT_EQ(handle("charge"), Outcome::done);
  EXPECT_EQ(handle("charge"), Outcome::done);
  EXPECT_EQ(balance(), "40");
  EXPECT_EQ(handle("charge", "8", "ann lamp 41"), Outcome::refused);
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(handle("charge", "8", "ann lamp 41"), Outcome::refused);  // as it was told
  EXPECT_EQ(balance(), "100");
}

TEST_F(ParticipantTest, UndoesOnceAndNeverWhatWasRefused) {
  handle("charge");
  handle("refund");
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(balance(), "100");
  EXPECT_EQ(handle("charge", "8", "ann lamp 101"), Outcome::refused);
  EXPECT_EQ(handle("refund", "8", "ann lamp 101"), Outcome::done);
  EXPECT_EQ(balance(), "100");
}

TEST_F(ParticipantTest, RefusesACommandThatComesAfterItsUndo) {
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(handle("charge"), Outcome::refused);
  EXPECT_EQ(balance(), "100");
}

TEST_F(ParticipantTest, ChargesTheLastPennyAndNotOneMore) {
  EXPECT_EQ(handle("charge", "7", "ann lamp 100"), Outcome::done);
  EXPECT_EQ(handle("charge", "8", "ann lamp 1"), Outcome::refused);
}

TEST_F(ParticipantTest, IsBusyWhileAnotherSagaHoldsTheAccount) {
  EXPECT_EQ(handle("authorize", "A"), Outcome::done);
  EXPECT_EQ(handle("authorize", "A"), Outcome::done);
  EXPECT_EQ(handle("authorize", "B", "ann lamp 1"), Outcome::busy);
  EXPECT_EQ(handle("void", "A"), Outcome::done);
  EXPECT_EQ(handle("authorize", "B", "ann lamp 1"), Outcome::done);
  EXPECT_EQ(handle("settle", "B", "ann lamp 1"), Outcome::done);
  EXPECT_EQ(handle("authorize", "C", "ann lamp 1"), Outcome::done);
}

TEST_F(ParticipantTest, WritesAnEventForEachOutcomeAndRelaysThemInOrder) {
  handle("charge");
  handle("authorize", "A", "ann lamp 1");
  handle("authorize", "B", "ann lamp 1");
  handle("charge", "8", "ann lamp 99");
  handle("refund");
  EXPECT_THAT(relayed(), ElementsAre("charge:done", "authorize:done", "authorize:busy",
                                     "charge:refused", "refund:done"));
  EXPECT_THAT(relayed(), ElementsAre());
}

TEST_F(ParticipantTest, RelaysAgainWhatWasPublishedAndNotMarked) {
  handle("charge");
  EXPECT_THROW(payments->relay([](const Message&) { throw Crash(); }), Crash);
  payments.emplace(Shop::url("payments"), payment_steps());
  EXPECT_THAT(relayed(), ElementsAre("charge:done"));
}

// Both see the event of the first charge, but the row is held while it is published.
TEST_F(ParticipantTest, LeavesARowToTheRelayThatHoldsIt) {
  handle("charge", "7", "ann lamp 1");
  handle("charge", "8", "ann lamp 2");
  Participant second(Shop::url("payments"), payment_steps());
  std::vector<std::string> by_first, by_second;
  payments->relay([&](const Message& message) {
    by_first.push_back(message.saga);
    second.relay([&](const Message& other) { by_second.push_back(other.saga); });
  });
  EXPECT_THAT(by_first, ElementsAre("7"));
  EXPECT_THAT(by_second, ElementsAre("8"));
}

TEST_F(ParticipantTest, TakesBackAllOfACommandThatTheDatabaseFailed) {
  shop->ask("payments", "ALTER FUNCTION charge(text, text, text, int) RENAME TO away");
  EXPECT_THROW(handle("charge"), lab::Error);
  shop->ask("payments", "ALTER FUNCTION away RENAME TO charge");
  EXPECT_THAT(relayed(), ElementsAre());
  EXPECT_EQ(handle("charge"), Outcome::done);
  EXPECT_EQ(balance(), "40");
}

TEST_F(ParticipantTest, UndoesLaterWhatItCouldNotUndoAtFirst) {
  handle("charge");
  shop->ask("payments", "UPDATE accounts SET name = 'away' WHERE name = 'ann'");
  EXPECT_EQ(handle("refund"), Outcome::refused);
  EXPECT_EQ(handle("refund"), Outcome::refused);
  shop->ask("payments", "UPDATE accounts SET name = 'ann' WHERE name = 'away'");
  EXPECT_EQ(balance(), "40");
  EXPECT_EQ(handle("charge"), Outcome::done);  // it still is
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(balance(), "100");
  EXPECT_THAT(relayed(), ElementsAre("charge:done", "refund:refused", "refund:refused",
                                     "charge:done", "refund:done", "refund:done"));
}

TEST_F(ParticipantTest, UndoesLaterWhatWasBusyAtFirst) {
  handle("charge");
  shop->ask("payments",
            "ALTER FUNCTION refund(text, text, text, int) RENAME TO away;"
            "CREATE FUNCTION refund(text, text, text, int) RETURNS boolean "
            "LANGUAGE sql AS 'SELECT false'");
  EXPECT_EQ(handle("refund"), Outcome::busy);
  shop->ask("payments",
            "DROP FUNCTION refund(text, text, text, int);"
            "ALTER FUNCTION away RENAME TO refund");
  EXPECT_EQ(balance(), "40");
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_EQ(balance(), "100");
  EXPECT_THAT(relayed(), ElementsAre("charge:done", "refund:busy", "refund:done"));
}

// The account goes after the charge, and the sofa is sold out.
TEST_F(ParticipantTest, ASagaIsNotCompensatedBeforeTheMoneyIsBack) {
  MemoryLog log;
  Orchestrator orchestrator(order_steps(), log, [&](const Command& command) {
    return Participant(Shop::url(command.service), order_steps()).handle(command);
  });
  orchestrator.on_record([&](const Record& record) {
    if (record.event == Event::requested && record.step == 2)
      shop->ask("payments", "UPDATE accounts SET name = 'away' WHERE name = 'ann'");
  });
  orchestrator.begin("7", "ann sofa 60");
  EXPECT_EQ(orchestrator.run("7"), Ending::waiting);
  EXPECT_EQ(shop->books(), (Books{"PENDING", 60}));
  shop->ask("payments", "UPDATE accounts SET name = 'ann' WHERE name = 'away'");
  EXPECT_EQ(orchestrator.run("7"), Ending::compensated);
  EXPECT_EQ(shop->books(), Books{"CANCELLED"});
}

TEST_F(ParticipantTest, TakesCommandsAfterARelayThatTheDatabaseFailed) {
  handle("charge");
  shop->ask("payments", "ALTER TABLE outbox ADD CONSTRAINT unsent CHECK (NOT sent)");
  EXPECT_THROW(relayed(), lab::Error);
  shop->ask("payments", "ALTER TABLE outbox DROP CONSTRAINT unsent");
  EXPECT_EQ(handle("refund"), Outcome::done);
  EXPECT_THAT(relayed(), ElementsAre("charge:done", "refund:done"));
}

TEST_F(ParticipantTest, LeavesARowToAnotherRelayOnceItCouldNotPublishIt) {
  handle("charge");
  EXPECT_THROW(payments->relay([](const Message&) { throw Crash(); }), Crash);
  Participant second(Shop::url("payments"), payment_steps());
  std::vector<std::string> by_second;
  second.relay([&](const Message& message) { by_second.push_back(message.event); });
  EXPECT_THAT(by_second, ElementsAre("charge:done"));
}

TEST_F(ParticipantTest, TakesEveryPrintableCharacter) {
  EXPECT_EQ(handle("charge", " 7~", "ann ~lamp! 60"), Outcome::done);
}

TEST_F(ParticipantTest, RefusesWhatMakesNoSenseAndChangesNothing) {
  for (const char* input :
       {"", "ann", "ann lamp", "ann lamp 60 60", "ann lamp -60", "ann lamp 6e1",
        "ann lamp 1234567", "ann lamp 0x10", "ann \xff\xfe 60", "ann la\x1bmp 60",
        "'; DROP TABLE accounts; -- lamp x"})
    EXPECT_THROW(handle("charge", "7", input), std::invalid_argument) << input;
  for (const char* action : {"", "CHARGE", "ship", "'; DROP TABLE accounts; --"})
    EXPECT_THROW(handle(action), std::invalid_argument) << action;
  for (const char* saga : {"", "\xff\xfe", "7\n8"})
    EXPECT_THROW(handle("charge", saga), std::invalid_argument) << saga;
  EXPECT_EQ(handle("charge", "'; DROP TABLE accounts; --"), Outcome::done);
  EXPECT_EQ(handle("charge", "8", "ann');-- lamp 1"), Outcome::refused);
  EXPECT_EQ(balance(), "40");
}

// A stranger writes to the stream: the service refuses it, or does not care, and lives on.
TEST_F(ParticipantTest, AServiceSurvivesGarbageOnItsStream) {
  Services services("hostile");
  services.start("payments");
  Bus bus("hostile");
  for (const std::string text :
       {"", "\n", "\xff\xfe", "a\nb", "'; DROP TABLE accounts; --"})
    for (const std::string event :
         {"payments/charge", "payments/", "payments/start", "/", ""})
      bus.publish({text, event, text});
  bus.publish({std::string(1 << 20, 'x'), "payments/charge", std::string(1 << 20, ' ')});
  EXPECT_EQ(services.sender()({"payments", "charge", "7", "ann lamp 60"}), Outcome::done);
  EXPECT_EQ(balance(), "40");
}

// Random deliveries of charge and refund, repeated and in any order: the same answers as the
// model, and the balance that follows from its effects.
TEST_F(ParticipantTest, AgreesWithTheModelInAnyOrder) {
  std::mt19937 random(13);
  MemoryServices model;
  for (int i = 0; i < 1000; ++i) {
    const std::string saga = std::to_string(random() % 150);
    const bool acts = random() % 3 != 0;
    const Command command{"payments", acts ? "charge" : "refund", saga, "ann lamp 0"};
    ASSERT_EQ(payments->handle(command), deliver(model, command)) << saga;
    const bool done =
        shop->at("payments")
            .query("SELECT FROM handled WHERE state = 'done' AND saga = $1", {saga})
            .count() > 0;
    ASSERT_EQ(done, model.effect(saga, "charge") == 1) << saga;
  }
}

}  // namespace
}  // namespace lab13
