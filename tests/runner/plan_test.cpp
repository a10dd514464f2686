#include "rehearse/plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "fake_place.hpp"

namespace runner {
namespace {

using std::chrono::days;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using Kind = Task::Kind;

const Day kBegin = std::chrono::year(2026) / 12 / 1;

Lab lab(const std::string& number, const std::string& common, const std::string& hard) {
  Lab one{};
  one.number = number;
  one.common = common;
  one.hard = hard;
  return one;
}

const std::vector<Lab> kLabs = {
    lab("05", "medium", "hard"), lab("14", "common", "medium"),
    lab("23", "very common", "easy"), lab("01", "very common", "hard")};

std::vector<std::string> seen(const std::vector<Task>& tasks) {
  std::vector<std::string> labs;
  for (const Task& task : tasks) {
    if (task.kind == Kind::see) labs.push_back(task.lab);
  }
  return labs;
}

// Does all of a day's lessons.
void work(const Today& today, Progress& progress, Day day) {
  for (const Task& task : today.tasks) {
    if (task.kind == Kind::see) progress.run.emplace(task.lab, day);
    if (task.kind == Kind::walk) progress.walked.emplace(task.lab, day);
  }
}

TEST(StudyPlan, BeginsWithWhatIsAskedMostAndEasiestToLearn) {
  const Today today =
      plan_for({.begin = kBegin, .days = 14, .minutes = 40}, kLabs, {}, 10, kBegin);
  EXPECT_THAT(today.tasks,
              ElementsAre(Task{Kind::see, 6, "23"}, Task{Kind::walk, 5, "23"},
                          Task{Kind::see, 12, "01"}, Task{Kind::walk, 5, "01"},
                          Task{Kind::drill, 12}));
}

TEST(StudyPlan, HasAMockEveryThirdDayAndOnTheLastTwo) {
  std::vector<int> mocks;
  for (int i = 0; i < 14; ++i) {
    const Today today = plan_for({.begin = kBegin, .days = 14, .minutes = 40}, kLabs, {},
                                 10, kBegin + days(i));
    if (std::ranges::find(today.tasks, Kind::mock, &Task::kind) != today.tasks.end())
      mocks.push_back(i + 1);
  }
  EXPECT_THAT(mocks, ElementsAre(3, 6, 9, 12, 13, 14));
}

TEST(StudyPlan, DrillsOnlyWhatWaits) {
  const auto drill = Field(&Task::kind, Kind::drill);
  EXPECT_THAT(plan_for({.begin = kBegin}, kLabs, {}, 0, kBegin).tasks,
              Not(Contains(drill)));
  EXPECT_THAT(plan_for({.begin = kBegin}, kLabs, {}, 1, kBegin).tasks, Contains(drill));
}

TEST(StudyPlan, AFortnightOfDailyWorkSeesEveryLabOnceAndInOrder) {
  const StudyPlan plan{.begin = kBegin, .days = 14, .minutes = 30};
  Progress progress;
  std::vector<std::string> order;
  for (int i = 0; i < 14; ++i) {
    const Today today = plan_for(plan, kLabs, progress, 10, kBegin + days(i));
    for (const std::string& one : seen(today.tasks)) order.push_back(one);
    work(today, progress, kBegin + days(i));
  }
  EXPECT_THAT(order, ElementsAre("23", "01", "14", "05"));
  EXPECT_EQ(progress.walked.size(), 4u);
  EXPECT_THAT(seen(plan_for(plan, kLabs, progress, 10, plan.last()).tasks), IsEmpty());
}

TEST(StudyPlan, ADayThatWasMissedMovesWhatIsLeft) {
  const StudyPlan plan{.begin = kBegin, .days = 14, .minutes = 30};
  Progress progress;
  work(plan_for(plan, kLabs, progress, 10, kBegin), progress, kBegin);
  const auto second = seen(plan_for(plan, kLabs, progress, 10, kBegin + days(1)).tasks);
  EXPECT_EQ(second, seen(plan_for(plan, kLabs, progress, 10, kBegin + days(4)).tasks));
  EXPECT_THAT(second, Not(Contains("23")));
}

TEST(StudyPlan, SaysHowManyLabsThereIsTimeFor) {
  std::vector<Lab> labs;
  for (int i = 10; i < 40; ++i)
    labs.push_back(lab(std::to_string(i), "common", "medium"));
  const auto count = [&](int length, int minutes) {
    return plan_for({.begin = kBegin, .days = length, .minutes = minutes}, labs, {}, 10,
                    kBegin)
        .seen_until_the_end;
  };
  EXPECT_EQ(count(60, 60), 30u);
  EXPECT_LT(count(7, 40), 30u);
  EXPECT_LT(count(7, 40), count(14, 40));
  EXPECT_LT(count(7, 40), count(7, 60));
  EXPECT_EQ(count(1, 40), 1u) << "13 minutes, for the drill and the mock take 27";
}

TEST(StudyPlan, SaysHowManyMinutesADayWouldDoForAllLabs) {
  std::vector<Lab> labs;
  for (int i = 10; i < 40; ++i)
    labs.push_back(lab(std::to_string(i), "common", "medium"));
  const auto planned = [&](int length, int minutes) {
    return plan_for({.begin = kBegin, .days = length, .minutes = minutes}, labs, {}, 10,
                    kBegin);
  };
  EXPECT_EQ(planned(60, 60).minutes_for_all, 0) << "these do";
  const int enough = planned(14, 33).minutes_for_all;
  EXPECT_GT(enough, 33);
  EXPECT_EQ(enough % 5, 0);
  EXPECT_EQ(planned(14, enough).seen_until_the_end, 30u);
  EXPECT_LT(planned(14, enough - 5).seen_until_the_end, 30u);
  EXPECT_EQ(planned(14, enough - 5).minutes_for_all, enough);
  for (int i = 40; i < 99; ++i)
    labs.push_back(lab(std::to_string(i), "common", "medium"));
  EXPECT_EQ(planned(1, 40).minutes_for_all, 0) << "no day has so many";
}

TEST(StudyPlan, GoesOnAfterItsEnd) {
  const StudyPlan plan{.begin = kBegin, .days = 2, .minutes = 60};
  EXPECT_THAT(seen(plan_for(plan, kLabs, {}, 10, kBegin + days(100)).tasks),
              testing::SizeIs(testing::Ge(1)));
}

TEST(StudyPlan, SurvivesADayOfAFewMinutes) {
  EXPECT_THAT(plan_for({.begin = kBegin, .minutes = 10}, kLabs, {}, 10, kBegin).tasks,
              ElementsAre(Task{Kind::drill, 12}));
  EXPECT_THAT(plan_for({.begin = kBegin, .minutes = 10}, {}, {}, 0, kBegin).tasks,
              IsEmpty());
}

TEST(StudyPlanFile, IsReadAsItWasWritten) {
  const auto plan = parse_plan(plan_text({.begin = kBegin, .days = 7, .minutes = 90}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->begin, kBegin);
  EXPECT_EQ(plan->days, 7);
  EXPECT_EQ(plan->minutes, 90);
}

TEST(StudyPlanFile, ADamagedOneIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"begin":"2026-12-01","days":14})",
                           R"({"begin":"2026-13-01","days":14,"minutes":40})",
                           R"({"begin":20261201,"days":14,"minutes":40})",
                           R"({"begin":"2026-12-01","days":0,"minutes":40})",
                           R"({"begin":"2026-12-01","days":366,"minutes":40})",
                           R"({"begin":"2026-12-01","days":1.5,"minutes":40})",
                           R"({"begin":"2026-12-01","days":14,"minutes":1e9})"})
    EXPECT_EQ(parse_plan(text), std::nullopt) << text;
}

TEST(Progress, CountsTheFirstTimeOfEach) {
  const Progress progress = parse_progress(
      "2026-12-01 run 05\n2026-12-03 run 05\n2026-12-02 walk 14\n\nrun 23\n2026-12-99 "
      "run 23\n"
      "2026-12-01 ran 23\n2026-12-01 run 23 24\n2026-12-01 run\n\xff");
  ASSERT_EQ(progress.run.size(), 1u);
  EXPECT_EQ(progress.run.at("05"), kBegin);
  ASSERT_EQ(progress.walked.size(), 1u);
  EXPECT_EQ(progress.walked.at("14"), kBegin + days(1));
  EXPECT_THAT(progress.days, ElementsAre(kBegin, kBegin + days(1), kBegin + days(2)));
  EXPECT_EQ(progress.unreadable, 6u);
}

TEST(Progress, IsKeptAndALineThatWasCutSpoilsNoOther) {
  const FakePlace fake;
  const auto file = fake.place().root / "data/progress";
  note_progress(file, "run", "05", kBegin);
  std::ofstream(file, std::ios::app) << "2026-12-01 wa";
  note_progress(file, "walk", "05", kBegin + days(1));
  const Progress progress = read_progress(file);
  EXPECT_EQ(progress.run.at("05"), kBegin);
  EXPECT_EQ(progress.walked.at("05"), kBegin + days(1));
  EXPECT_TRUE(read_progress(fake.place().root / "none").run.empty());
}

TEST(Today, CanBeSaidByTheEnvironment) {
  setenv("UNDERLOOP_TODAY", "2026-12-01", 1);
  EXPECT_EQ(today(), kBegin);
  setenv("UNDERLOOP_TODAY", "tomorrow", 1);
  EXPECT_NE(today(), kBegin);
  unsetenv("UNDERLOOP_TODAY");
}

}  // namespace
}  // namespace runner
