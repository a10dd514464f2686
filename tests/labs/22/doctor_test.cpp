// The rules of the doctor at both sides of each limit, and the gauge that it trusts most.
#include "doctor.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "world/patient.hpp"
#include "world/shop.hpp"

namespace lab22 {
namespace {

using namespace std::chrono_literals;

TEST(Doctor, FindsNothingAtTheLimits) {
  const Gauges limit{.loop_delay = 50ms,
                     .cpus_wanted = 1.5,
                     .pool_queue = 4,
                     .grown_bytes = std::size_t{16} << 20};
  EXPECT_EQ(diagnose(limit), Illness::none);
  EXPECT_EQ(diagnose({}), Illness::none);
}

TEST(Doctor, NamesEachIllnessAboveItsLimit) {
  EXPECT_EQ(diagnose({.loop_delay = 51ms}), Illness::blocked_loop);
  EXPECT_EQ(diagnose({.cpus_wanted = 1.6}), Illness::cpu);
  EXPECT_EQ(diagnose({.pool_queue = 5}), Illness::io);
  EXPECT_EQ(diagnose({.grown_bytes = (std::size_t{16} << 20) + 1}), Illness::memory);
}

TEST(Doctor, NamesTheCauseAndNotItsConsequence) {
  Gauges all{.loop_delay = 1s, .cpus_wanted = 4, .pool_queue = 9, .grown_bytes = 1 << 30};
  EXPECT_EQ(diagnose(all), Illness::memory);
  all.grown_bytes = 0;
  EXPECT_EQ(diagnose(all), Illness::blocked_loop) << "a loop that computes wants a CPU";
  all.loop_delay = {};
  EXPECT_EQ(diagnose(all), Illness::cpu) << "a busy pool has a queue";
  all.cpus_wanted = 0;
  EXPECT_EQ(diagnose(all), Illness::io);
}

TEST(Doctor, HasANameForEachIllness) {
  EXPECT_EQ(to_string(Illness::none), "healthy");
  EXPECT_EQ(to_string(Illness::memory), "memory");
  EXPECT_EQ(to_string(Illness::blocked_loop), "blocked loop");
  EXPECT_EQ(to_string(Illness::cpu), "CPU");
  EXPECT_EQ(to_string(Illness::io), "I/O");
}

TEST(Scheduled, CountsRunningAndNotSleeping) {
  const Scheduled begin = scheduled();
  std::this_thread::sleep_for(50ms);
  const Scheduled slept = scheduled() - begin;
  EXPECT_LT(slept.on_core, 25ms);
  add_tax(steps_in(60ms));
  EXPECT_GE((scheduled() - begin).on_core, slept.on_core + 30ms);
}

TEST(Scheduled, OfAllThreadsHoldsThoseOfOthers) {
  const Scheduled begin = scheduled_all();
  std::atomic<bool> seen = false;
  std::thread other([&] {
    parse_rules(steps_in(60ms));
    while (!seen) std::this_thread::yield();
  });
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while ((scheduled_all() - begin).on_core < 30ms &&
         std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(1ms);
  EXPECT_GE((scheduled_all() - begin).on_core, 30ms);
  seen = true;
  other.join();
}

TEST(Patient, ShowsAJobThatWaitsForThePool) {
  Patient patient;
  const Gauges gauges = patient.observe(200ms, [](Patient& it) {
    for (int i = 0; i < 8; ++i) it.in_pool([] { ask_store(1ms); });
  });
  EXPECT_GE(gauges.pool_queue, 1);
  EXPECT_LT(gauges.cpus_wanted, 4);
}

TEST(Patient, DoesNotCallOneStallADelay) {
  Patient patient;
  bool is_first = true;
  const Gauges gauges = patient.observe(400ms, [&](Patient&) {
    if (std::exchange(is_first, false)) std::this_thread::sleep_for(60ms);
  });
  EXPECT_LT(gauges.loop_delay, 50ms);
  EXPECT_GT(gauges.loop_delay, 0ms);
}

TEST(Patient, ShowsALongTurnOfItsLoop) {
  Patient patient;
  const Gauges gauges =
      patient.observe(100ms, [](Patient&) { std::this_thread::sleep_for(60ms); });
  EXPECT_GE(gauges.loop_delay, 55ms);
}

}  // namespace
}  // namespace lab22
