// Rollouts without processes: who is started and stopped, to the boundary and at random.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>

#include "deployment.hpp"

namespace lab29 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct RolloutTest : testing::Test {
  Rollout& make(RolloutConfig config = {}) {
    rollout = std::make_unique<Rollout>(
        config, "v1",
        RolloutObservers{
            .on_start = [this](const Copy& copy, auto) { started.push_back(copy.id); },
            .on_stop = [this](const Copy& copy, auto) { stopped.push_back(copy.id); },
            .on_state = [this](auto state,
                               auto) { states.emplace_back(to_string(state)); }},
        now);
    return *rollout;
  }
  // All copies that run get ready.
  void all_ready() {
    for (const Copy& copy : std::vector(rollout->copies()))
      if (!copy.stopping) rollout->set_ready(copy.id, true, now);
  }
  void stopped_end() {
    for (const int id : std::exchange(stopped, {})) rollout->gone(id, now);
  }
  int ready() const {
    return static_cast<int>(std::ranges::count_if(
        rollout->copies(),
        [](const Copy& copy) { return copy.ready && !copy.stopping; }));
  }
  std::vector<std::string> running() const {
    std::vector<std::string> versions;
    for (const Copy& copy : rollout->copies())
      if (!copy.stopping) versions.push_back(copy.version);
    return versions;
  }

  Clock::time_point now{1h};
  std::unique_ptr<Rollout> rollout;
  std::vector<int> started, stopped;
  std::vector<std::string> states;
};

TEST_F(RolloutTest, StartsAsManyCopiesAsAreWanted) {
  make({.replicas = 3});
  EXPECT_THAT(started, ElementsAre(1, 2, 3));
  EXPECT_EQ(rollout->state(), RolloutState::steady);
}

TEST_F(RolloutTest, ReplacesACopyThatDied) {
  make({.replicas = 3});
  all_ready();
  rollout->gone(2, now);
  EXPECT_THAT(started, ElementsAre(1, 2, 3, 4));
  rollout->gone(99, now);
  rollout->set_ready(99, true, now);
  EXPECT_EQ(started.size(), 4u);
}

TEST_F(RolloutTest, WithoutASurgeItStopsOneBeforeItStartsOne) {
  make({.replicas = 2, .max_surge = 0, .max_unavailable = 1});
  all_ready();
  rollout->update("v2", now);
  EXPECT_THAT(stopped, ElementsAre(1));
  EXPECT_THAT(running(), ElementsAre("v1", "v2"));
}

TEST_F(RolloutTest, WithASurgeItStopsNoneBeforeTheNewOneIsReady) {
  make({.replicas = 2, .max_surge = 1, .max_unavailable = 0});
  all_ready();
  rollout->update("v2", now);
  EXPECT_THAT(stopped, IsEmpty());
  EXPECT_THAT(running(), ElementsAre("v1", "v1", "v2"));
  rollout->set_ready(3, true, now);
  EXPECT_THAT(stopped, ElementsAre(1));
  EXPECT_THAT(running(), ElementsAre("v1", "v2", "v2"));
  rollout->set_ready(4, true, now);
  EXPECT_THAT(running(), ElementsAre("v2", "v2"));
  EXPECT_THAT(states, ElementsAre("progressing", "steady"));
}

TEST_F(RolloutTest, StopsAtAVersionThatDoesNotGetReady) {
  make({.replicas = 3, .progress_deadline = 10s});
  all_ready();
  rollout->update("v2", now);
  stopped_end();
  rollout->tick(now + 10s - 1ns);
  EXPECT_EQ(rollout->state(), RolloutState::progressing);
  rollout->tick(now += 10s);
  EXPECT_EQ(rollout->state(), RolloutState::stalled);
  EXPECT_EQ(rollout->available(now), 2);
  EXPECT_THAT(stopped, IsEmpty());
  EXPECT_THAT(running(), ElementsAre("v1", "v1", "v2", "v2"));

  rollout->roll_back(now);
  EXPECT_THAT(running(), ElementsAre("v1", "v1", "v1"));
  all_ready();
  EXPECT_THAT(states, ElementsAre("progressing", "stalled", "progressing", "steady"));
}

TEST_F(RolloutTest, GoesOnWhenAStalledVersionGetsReadyAfterAll) {
  make({.replicas = 1, .max_surge = 1, .max_unavailable = 0, .progress_deadline = 10s});
  all_ready();
  rollout->update("v2", now);
  rollout->tick(now += 10s);
  rollout->set_ready(2, true, now);
  EXPECT_THAT(states, ElementsAre("progressing", "stalled", "progressing", "steady"));
  EXPECT_THAT(running(), ElementsAre("v2"));
}

TEST_F(RolloutTest, GivesEachUpdateAndEachOfItsStepsTheWholeDeadline) {
  make({.replicas = 2, .max_surge = 1, .max_unavailable = 0, .progress_deadline = 10s});
  all_ready();
  for (const char* version : {"v2", "v3"}) {
    rollout->update(version, now += 1h);
    rollout->tick(now += 8s);
    rollout->set_ready(started.back(), true, now);
    rollout->tick(now += 8s);
    rollout->set_ready(started.back(), true, now);
    stopped_end();
  }
  EXPECT_THAT(states, ElementsAre("progressing", "steady", "progressing", "steady"));
}

TEST_F(RolloutTest, CountsACopyOnlyWhenItHasBeenReadyForLongEnough) {
  make({.replicas = 1, .max_surge = 1, .max_unavailable = 0, .min_ready = 1s});
  all_ready();
  rollout->tick(now += 1s);
  rollout->update("v2", now);
  rollout->set_ready(2, true, now);
  rollout->tick(now + 1s - 1ns);
  EXPECT_THAT(stopped, IsEmpty());
  rollout->tick(now + 1s);
  EXPECT_THAT(stopped, ElementsAre(1));
}

TEST_F(RolloutTest, ReadinessThatIsLostStartsTheCountAnew) {
  make({.replicas = 1, .min_ready = 1s});
  all_ready();
  rollout->set_ready(1, false, now + 500ms);
  rollout->set_ready(1, true, now + 600ms);
  EXPECT_EQ(rollout->available(now + 1s), 0);
  rollout->set_ready(1, true, now + 700ms);  // it was ready: nothing new
  EXPECT_EQ(rollout->available(now + 1600ms), 1);
}

TEST_F(RolloutTest, StopsOldCopiesThatServeNobodyFirst) {
  make({.replicas = 3, .max_surge = 1, .max_unavailable = 0});
  rollout->set_ready(1, true, now);
  rollout->update("v2", now);
  EXPECT_THAT(stopped, ElementsAre(2, 3));
}

// Requests go to whoever is ready, also before it has been so for long enough to count.
TEST_F(RolloutTest, SparesOldCopiesThatServeButDoNotCountYet) {
  make({.replicas = 3, .max_surge = 1, .max_unavailable = 1, .min_ready = 10s});
  all_ready();
  rollout->update("v2", now += 5s);
  EXPECT_THAT(stopped, IsEmpty());
  EXPECT_THAT(running(), ElementsAre("v1", "v1", "v1", "v2"));
  rollout->tick(now += 5s - 1ns);
  EXPECT_THAT(stopped, IsEmpty());
  rollout->tick(now += 1ns);
  EXPECT_THAT(stopped, ElementsAre(1));
}

TEST_F(RolloutTest, AnUpdateToTheSameVersionDoesNothing) {
  make();
  rollout->update("v1", now);
  rollout->roll_back(now);
  EXPECT_THAT(states, IsEmpty());
  EXPECT_EQ(started.size(), 3u);
}

TEST_F(RolloutTest, RefusesAConfigThatReplacesNothing) {
  EXPECT_THROW(make({.replicas = 0}), std::invalid_argument);
  EXPECT_THROW(make({.max_surge = -1}), std::invalid_argument);
  EXPECT_THROW(make({.max_unavailable = -1}), std::invalid_argument);
  EXPECT_THROW(make({.max_surge = 0, .max_unavailable = 0}), std::invalid_argument);
}

// Copies get ready, lose it, die and end in any order, while versions change: the bounds
// hold after each step, and left alone it ends steady.
TEST_F(RolloutTest, HoldsItsBoundsWhateverHappens) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    const int surge = below(3);
    const RolloutConfig config{.replicas = 1 + below(5),
                               .max_surge = surge,
                               .max_unavailable = surge ? below(3) : 1,
                               .min_ready = below(2) * 5ms,
                               .progress_deadline = 50ms};
    stopped.clear();
    make(config);
    for (int step = 0; step < 200; ++step) {
      const int before = rollout->available(now), ready_before = ready();
      const auto stops = stopped.size();
      const auto& copies = rollout->copies();
      const int id =
          copies.empty()
              ? 0
              : copies[static_cast<std::size_t>(below(static_cast<int>(copies.size())))]
                    .id;
      const int what = below(10);
      if (what < 6) rollout->set_ready(id, what < 5, now);
      if (what == 6) rollout->gone(id, now);
      if (what == 7) rollout->update(fmt::format("v{}", 1 + below(3)), now);
      if (what > 7) rollout->tick(now += 3ms);
      EXPECT_LE(std::ssize(running()), config.replicas + config.max_surge) << seed;
      // Whoever was stopped could be spared, or was not ready and so served nobody.
      if (stopped.size() > stops && what != 5 && what != 6) {
        const int least = config.replicas - config.max_unavailable;
        EXPECT_GE(rollout->available(now), std::min(before, least)) << seed;
        EXPECT_GE(ready(), std::min(ready_before, least)) << seed;
      }
    }
    for (int i = 0; i < 100; ++i) {
      all_ready();
      stopped_end();
      rollout->tick(now += 10ms);
    }
    EXPECT_EQ(rollout->state(), RolloutState::steady) << seed;
    EXPECT_EQ(running(),
              std::vector<std::string>(static_cast<std::size_t>(config.replicas),
                                       rollout->version()));
  }
}

}  // namespace
}  // namespace lab29
