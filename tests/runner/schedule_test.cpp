#include "drill/schedule.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace runner {
namespace {

using std::chrono::days;

const Day kToday = std::chrono::year(2026) / 11 / 23;

TEST(Schedule, KnownEachTimeItComesBackAfterOneDayThenSixThenByItsEasiness) {
  Schedule schedule;
  Day day = kToday;
  for (const int interval : {1, 6, 15, 38, 95}) {
    schedule = after(schedule, 4, day);
    EXPECT_EQ(schedule.interval, interval);
    EXPECT_EQ(schedule.due, day + days(interval));
    EXPECT_DOUBLE_EQ(schedule.easiness, 2.5);  // grade 4 leaves it
    day = schedule.due;
  }
  EXPECT_EQ(schedule.repetitions, 5);
}

TEST(Schedule, AGradeMovesTheEasinessAsTheFormulaSays) {
  EXPECT_DOUBLE_EQ(after({}, 5, kToday).easiness, 2.6);
  EXPECT_DOUBLE_EQ(after({}, 4, kToday).easiness, 2.5);
  EXPECT_DOUBLE_EQ(after({}, 3, kToday).easiness, 2.36);
}

TEST(Schedule, ForgottenStartsAgainAndKeepsItsEasiness) {
  const Schedule known{.repetitions = 4, .easiness = 2.2, .interval = 30, .due = kToday};
  for (const int grade : {0, 1, 2}) {
    const Schedule next = after(known, grade, kToday);
    EXPECT_EQ(next.repetitions, 0);
    EXPECT_EQ(next.interval, 1);
    EXPECT_EQ(next.due, kToday + days(1));
    EXPECT_DOUBLE_EQ(next.easiness, 2.2);
  }
  EXPECT_EQ(after(known, 3, kToday).repetitions, 5);
}

TEST(Schedule, TheEasinessNeverFallsBelowItsFloor) {
  Schedule schedule;
  for (int i = 0; i < 30; ++i) {
    schedule.due = kToday;
    schedule = after(schedule, 3, kToday);
  }
  EXPECT_DOUBLE_EQ(schedule.easiness, 1.3);
}

TEST(Schedule, WhatIsNotDueYetStaysWhereItIsWhenKnown) {
  const Schedule known{
      .repetitions = 3, .easiness = 2.5, .interval = 15, .due = kToday + days(1)};
  EXPECT_EQ(after(known, 5, kToday), known);
  EXPECT_EQ(after(known, 5, known.due).interval, 39);  // 15 * 2.6, on the very day
  EXPECT_EQ(after(known, 2, kToday).repetitions, 0);   // forgotten counts at any time
}

TEST(Schedule, RightAtTheSecondTryOfTheDayIsStillDueTomorrow) {
  const Schedule forgotten = after({}, 1, kToday);
  EXPECT_EQ(after(forgotten, 4, kToday), forgotten);
  EXPECT_EQ(after(forgotten, 4, kToday + days(1)).interval, 1);
}

TEST(Schedule, AnIntervalIsRoundedUpAndHasAnEnd) {
  const auto next = [](int interval, double easiness) {
    return after(
               {.repetitions = 2, .easiness = easiness, .interval = interval, .due = {}},
               4, kToday)
        .interval;
  };
  EXPECT_EQ(next(6, 1.5), 9);
  EXPECT_EQ(next(7, 1.5), 11);
  EXPECT_EQ(next(kLongestInterval, 2.5), kLongestInterval);
}

TEST(Schedule, OnlyZeroToFiveAreGrades) {
  EXPECT_THROW(static_cast<void>(after({}, -1, kToday)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(after({}, 6, kToday)), std::invalid_argument);
}

}  // namespace
}  // namespace runner
