#include "saga.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

#include "memory.hpp"

namespace lab13 {
namespace {

using testing::ElementsAre;

class SagaTest : public testing::Test {
 protected:
  Outcome answer(const Command& command) {
    sent.push_back(command.action);
    if (sent.size() > 100) throw std::logic_error("it asks for ever");
    auto& queue = answers[command.action];
    if (queue.empty()) return deliver(services, command);
    const Outcome outcome = queue.front();
    if (queue.size() > 1 || outcome != Outcome::unknown) queue.erase(queue.begin());
    return outcome;
  }
  Orchestrator orchestrator(int attempts = 3) {
    return {five_steps(), log, [this](const Command& command) { return answer(command); },
            attempts};
  }
  Ending run(int attempts = 3) {
    Orchestrator one = orchestrator(attempts);
    one.begin("7", "ann lamp 60");
    return one.run("7");
  }
  std::vector<Event> events() {
    std::vector<Event> all;
    for (const Record& record : log.records["7"]) all.push_back(record.event);
    return all;
  }

  MemoryLog log;
  MemoryServices services;
  std::vector<std::string> sent;
  // What comes before the services are asked; a last `unknown` stays.
  std::map<std::string, std::vector<Outcome>> answers;
};

TEST_F(SagaTest, GoesForwardStepByStep) {
  EXPECT_EQ(run(), Ending::completed);
  EXPECT_THAT(sent, ElementsAre("create", "charge", "reserve", "ship", "confirm"));
}

TEST_F(SagaTest, CompensatesTheEarlierStepsInReverseOrder) {
  services.refuses["ship"] = true;
  EXPECT_EQ(run(), Ending::compensated);
  EXPECT_THAT(sent, ElementsAre("create", "charge", "reserve", "ship", "release",
                                "refund", "cancel"));
}

TEST_F(SagaTest, DoesNotUndoAStepThatWasRefused) {
  services.refuses["create"] = true;
  EXPECT_EQ(run(), Ending::compensated);
  EXPECT_THAT(sent, ElementsAre("create"));
}

TEST_F(SagaTest, AsksAgainForAnUnknownOutcomeAndGoesOn) {
  answers["charge"] = {Outcome::unknown, Outcome::unknown, Outcome::done};
  EXPECT_EQ(run(), Ending::completed);
  EXPECT_EQ(std::ranges::count(sent, "charge"), 3);
}

TEST_F(SagaTest, UndoesAStepWhoseOutcomeStaysUnknown) {
  answers["charge"] = {Outcome::unknown};
  EXPECT_EQ(run(3), Ending::compensated);
  EXPECT_THAT(sent,
              ElementsAre("create", "charge", "charge", "charge", "refund", "cancel"));
}

TEST_F(SagaTest, UndoesTheStepBeforeThePivotToo) {
  answers["reserve"] = {Outcome::unknown};
  EXPECT_EQ(run(), Ending::compensated);
  EXPECT_EQ(log.records["7"].back().event, Event::ended);
}

TEST_F(SagaTest, CountsTheAttemptsOverRestarts) {
  answers["charge"] = {Outcome::unknown};
  log.records["7"] = {{Event::begun, 0, "ann lamp 60"},
                      {Event::requested, 0},
                      {Event::done, 0},
                      {Event::requested, 1},
                      {Event::requested, 1}};
  EXPECT_EQ(run(3), Ending::compensated);
  EXPECT_EQ(std::ranges::count(sent, "charge"), 1);
}

// The process before this one was allowed five attempts and made four.
TEST_F(SagaTest, GoesBackAfterARestartWithFewerAttemptsThanItHasMade) {
  answers["charge"] = {Outcome::unknown};
  log.records["7"] = {
      {Event::begun, 0, "ann lamp 60"}, {Event::requested, 0}, {Event::done, 0}};
  log.records["7"].insert(log.records["7"].end(), 4, {Event::requested, 1});
  EXPECT_EQ(run(3), Ending::compensated);
  EXPECT_THAT(sent, ElementsAre("charge", "refund", "cancel"));
}

TEST_F(SagaTest, WaitsForThePivotAfterARestartWithFewerAttempts) {
  answers["ship"] = {Outcome::unknown};
  EXPECT_EQ(run(5), Ending::waiting);
  sent.clear();
  EXPECT_EQ(run(3), Ending::waiting);
  EXPECT_THAT(sent, ElementsAre("ship"));
}

TEST_F(SagaTest, NeverGivesUpThePivot) {
  answers["ship"] = {Outcome::unknown};
  EXPECT_EQ(run(), Ending::waiting);
  EXPECT_EQ(run(), Ending::waiting);
  answers["ship"].clear();
  EXPECT_EQ(run(), Ending::completed);
}

TEST_F(SagaTest, RetriesWhatComesAfterThePivotEvenIfItIsRefused) {
  answers["confirm"] = {Outcome::refused};
  EXPECT_EQ(run(), Ending::waiting);
  EXPECT_EQ(run(), Ending::completed);
  EXPECT_EQ(std::ranges::count(sent, "refund"), 0);
}

TEST_F(SagaTest, WaitsWhileAServiceIsBusy) {
  answers["charge"] = {Outcome::busy};
  EXPECT_EQ(run(), Ending::waiting);
  EXPECT_EQ(run(), Ending::completed);
}

TEST_F(SagaTest, RetriesACompensationUntilItIsDone) {
  services.refuses["reserve"] = true;
  answers["refund"] = {Outcome::unknown, Outcome::refused, Outcome::done};
  EXPECT_EQ(run(), Ending::waiting);
  EXPECT_EQ(run(), Ending::waiting);
  EXPECT_EQ(run(), Ending::compensated);
  EXPECT_THAT(sent, ElementsAre("create", "charge", "reserve", "refund", "refund",
                                "refund", "cancel"));
}

TEST_F(SagaTest, LogsTheRequestBeforeItIsSent) {
  Orchestrator one(
      five_steps(), log,
      [&](const Command& command) {
        EXPECT_EQ(log.records["7"].back().event, Event::requested);
        return deliver(services, command);
      },
      3);
  one.begin("7", "ann lamp 60");
  EXPECT_EQ(one.run("7"), Ending::completed);
}

TEST_F(SagaTest, DoesNothingMoreOnceItHasEnded) {
  run();
  sent.clear();
  const auto before = events();
  EXPECT_EQ(run(), Ending::completed);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(events(), before);
}

TEST_F(SagaTest, KeepsTheInputOfTheFirstBeginning) {
  orchestrator().begin("7", "first");
  orchestrator().begin("7", "second");
  EXPECT_EQ(events(), std::vector{Event::begun});
  EXPECT_EQ(log.records["7"][0].input, "first");
}

TEST_F(SagaTest, ShowsEachRecordOnceItIsDurable) {
  Orchestrator one = orchestrator();
  std::size_t seen = 0;
  one.on_record([&](const Record&) { EXPECT_EQ(log.records["7"].size(), ++seen); });
  one.begin("7", "ann lamp 60");
  one.run("7");
  EXPECT_EQ(seen, 12u);
}

TEST_F(SagaTest, RefusesAnImpossibleChain) {
  const auto send = [](const Command&) { return Outcome::done; };
  EXPECT_THROW(Orchestrator({}, log, send), std::invalid_argument);
  EXPECT_THROW(Orchestrator({{"orders", ""}}, log, send), std::invalid_argument);
  EXPECT_THROW(Orchestrator({{"", "create"}}, log, send), std::invalid_argument);
  EXPECT_THROW(Orchestrator(five_steps(), log, send, 0), std::invalid_argument);
  EXPECT_THROW(Orchestrator(five_steps(), log, send).run("nobody"),
               std::invalid_argument);
}

}  // namespace
}  // namespace lab13
