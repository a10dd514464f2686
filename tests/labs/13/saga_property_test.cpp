// Random sagas against the model in memory: lost commands and lost replies, crashes at any
// record, late and repeated deliveries in any order. And every crash point, one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "memory.hpp"
#include "saga.hpp"

namespace lab13 {
namespace {

const std::string kSaga = "7";

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    for (const Step& step : five_steps())
      services_.refuses[step.act] = step.act != "confirm" && random_() % 8 == 0;
    faulty_ = random_() % 2 == 0;
  }

  // Until it has ended, with a new orchestrator after each crash.
  Ending play(int crashes) {
    for (int run = 0; run < 500; ++run) {
      log_.crash.left = crashes-- > 0 ? 1 + static_cast<int>(random_() % 12) : 0;
      if (run > 60) faulty_ = false;  // in the end the network heals
      try {
        Orchestrator orchestrator(
            five_steps(), log_, [this](const Command& command) { return send(command); },
            3);
        orchestrator.begin(kSaga, "ann lamp 60");
        const Ending ending = orchestrator.run(kSaga);
        if (ending != Ending::waiting) return ending;
      } catch (const Crash&) {
        deliver_late();
      }
    }
    return Ending::waiting;
  }

  void expect_whole(Ending ending) {
    while (!in_flight_.empty()) deliver_late();
    for (const Command& command : std::vector(all_)) deliver(services_, command);
    const int wanted = ending == Ending::completed ? 1 : 0;
    for (const Step& step : five_steps())
      EXPECT_EQ(services_.effect(kSaga, step.act), wanted) << step.act;
    std::vector<std::size_t> undone;
    for (const Record& record : log_.records[kSaga])
      if (record.event == Event::undone) undone.push_back(record.step);
    EXPECT_TRUE(std::ranges::is_sorted(undone, std::greater()));
    EXPECT_EQ(std::ranges::adjacent_find(undone), undone.end());
    EXPECT_EQ(std::ranges::count(log_.records[kSaga], Event::ended, &Record::event), 1);
  }

 private:
  Outcome send(const Command& command) {
    all_.push_back(command);
    const auto dice = faulty_ ? random_() % 8 : 7;
    if (random_() % 4 == 0) deliver_late();
    if (dice == 0) return Outcome::unknown;  // lost
    if (dice == 1) {                         // on its way, for long
      in_flight_.push_back(command);
      return Outcome::unknown;
    }
    const Outcome outcome = deliver(services_, command);
    if (dice == 2) return Outcome::unknown;        // the reply is lost
    if (dice == 3) in_flight_.push_back(command);  // and it comes again
    return outcome;
  }
  void deliver_late() {
    if (in_flight_.empty()) return;
    std::swap(in_flight_[random_() % in_flight_.size()], in_flight_.back());
    deliver(services_, in_flight_.back());
    in_flight_.pop_back();
  }

  std::mt19937 random_;
  bool faulty_;
  MemoryLog log_;
  MemoryServices services_;
  std::vector<Command> in_flight_, all_;
};

TEST(SagaProperty, AnyHistoryEndsWithAllEffectsOrWithNone) {
  int completed = 0, compensated = 0;
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    const Ending ending = world.play(static_cast<int>(seed % 5));
    ASSERT_NE(ending, Ending::waiting);
    world.expect_whole(ending);
    ASSERT_FALSE(::testing::Test::HasFailure());
    ++(ending == Ending::completed ? completed : compensated);
  }
  EXPECT_GT(completed, 500);  // both kinds are looked at
  EXPECT_GT(compensated, 500);
}

// Each cut is before or after a record; the saga is resumed once by another orchestrator.
TEST(SagaProperty, SurvivesACrashAtEachRecord) {
  int crashes = 0;
  for (const std::string fails : {"create", "charge", "reserve", "ship", "nothing"}) {
    for (int cut = 1;; ++cut) {
      MemoryLog log;
      MemoryServices services;
      services.refuses[fails] = true;
      Orchestrator one(five_steps(), log, [&](const Command& command) {
        return deliver(services, command);
      });
      log.crash.left = cut;
      bool crashed = false;
      try {
        one.begin(kSaga, "");
        one.run(kSaga);
      } catch (const Crash&) {
        crashed = true;
      }
      log.crash.left = 0;
      one.begin(kSaga, "");
      EXPECT_EQ(one.run(kSaga),
                fails == "nothing" ? Ending::completed : Ending::compensated);
      for (const Step& step : five_steps())
        EXPECT_EQ(services.effect(kSaga, step.act), fails == "nothing" ? 1 : 0);
      if (!crashed) break;
      ++crashes;
    }
  }
  EXPECT_EQ(crashes, 2 * (4 + 7 + 10 + 13 + 12));
}

}  // namespace
}  // namespace lab13
