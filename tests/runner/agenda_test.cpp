// What there is to say about today, from a person's data folder.
#include "rehearse/agenda.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "drill/store.hpp"
#include "fake_place.hpp"

namespace runner {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = Task::Kind;

const Day kBegin = std::chrono::year(2026) / 12 / 1;

class AgendaTest : public testing::Test {
 protected:
  AgendaTest() {
    for (const char* lab : {"1", "5"}) place_.lab(lab, "true");
    place_.write("labs/05_second_thing/README.md",
                 "# 5\n\n## The answer in 30 seconds\n\nA b. C d.\n\n| s | by |\n| - | - "
                 "|\n| A b. | 05.1 |\n| C d. | 05.2 |\n");
    it_is(kBegin);
  }
  ~AgendaTest() override { unsetenv("UNDERLOOP_TODAY"); }

  static void it_is(Day day) { setenv("UNDERLOOP_TODAY", day_text(day).c_str(), 1); }
  std::filesystem::path folder() const { return place_.place().root / "data"; }
  Agenda agenda() const { return agenda_of(place_.catalog(), place_.place(), folder()); }
  void note(const char* did, const char* lab, Day day) const {
    note_progress(folder() / "progress", did, lab, day);
  }

  FakePlace place_;
};

TEST_F(AgendaTest, WithoutAPlanSaysHowANewOneWouldBegin) {
  EXPECT_FALSE(agenda().is_kept);
  EXPECT_FALSE(exists(folder() / "plan.json"));
  keep_plan(folder(), {.days = 3, .minutes = 60});
  EXPECT_TRUE(agenda().is_kept);
  EXPECT_EQ(agenda().head, "Day 1 of 3, about 46 minutes");
}

TEST_F(AgendaTest, ADayEndsOnceItsTasksAreDone) {
  keep_plan(folder(), {.days = 14, .minutes = 30});
  const auto first = agenda();
  EXPECT_THAT(first.today.tasks,
              ElementsAre(Task{Kind::see, 12, "01"}, Task{Kind::walk, 5, "01"},
                          Task{Kind::drill, 12}));
  note("run", "01", kBegin);
  const auto after_run = agenda();
  EXPECT_THAT(after_run.today.tasks,
              ElementsAre(Task{Kind::walk, 5, "01"}, Task{Kind::drill, 12}));
  EXPECT_THAT(after_run.today.done, ElementsAre(Task{Kind::see, 12, "01"}));
  note("walk", "01", kBegin);
  EXPECT_THAT(agenda().today.tasks, ElementsAre(Task{Kind::drill, 12}));
  it_is(kBegin + days(1));
  EXPECT_THAT(agenda().today.tasks,
              ElementsAre(Task{Kind::see, 12, "05"}, Task{Kind::walk, 5, "05"},
                          Task{Kind::drill, 12}));
  EXPECT_THAT(agenda().today.done, IsEmpty());
}

TEST_F(AgendaTest, TheDaysOnWhichNothingWasDoneAreTold) {
  keep_plan(folder(), {.days = 14});
  note("run", "01", kBegin);
  it_is(kBegin + days(1));
  EXPECT_EQ(agenda().missed, "") << "today is not over";
  it_is(kBegin + days(2));
  EXPECT_THAT(agenda().missed, HasSubstr("You missed a day (2026-12-02)."));
  Interviews(folder() / "interviews.ndjson").add({.day = kBegin + days(2), .lab = "05"});
  DrillStore(folder() / "drill.json").note("05-answer", 4, kBegin + days(3));
  it_is(kBegin + days(5));
  EXPECT_THAT(agenda().missed, HasSubstr("You missed 2 days, the last on 2026-12-05."));
}

TEST_F(AgendaTest, AMockOfTodayIsDoneAndItsMissedPointsStandThere) {
  keep_plan(folder(), {.days = 1, .minutes = 60});
  EXPECT_EQ(agenda().today.tasks.back().kind, Kind::mock);
  Interviews(folder() / "interviews.ndjson")
      .add({.day = kBegin, .lab = "05", .said = 1, .points = 2, .missed = {"C d."}});
  EXPECT_EQ(agenda().today.done.back().kind, Kind::mock);
  const auto weak = agenda().weak;
  ASSERT_THAT(weak, SizeIs(1));
  EXPECT_EQ(weak[0].text, "C d.");
  EXPECT_EQ(weak[0].claim, "05.2");
  EXPECT_EQ(weak[0].command, "./lab run 5");
  EXPECT_EQ(agenda().sections[0], (SectionProgress{"One", 2, 0, 0, 1}));
}

TEST_F(AgendaTest, OtherMinutesAreNoNewPlan) {
  keep_plan(folder(), {.days = 14, .minutes = 40});
  it_is(kBegin + days(3));
  keep_plan(folder(), {.minutes = 90});
  EXPECT_EQ(agenda().plan.begin, kBegin);
  EXPECT_EQ(agenda().plan.minutes, 90);
  keep_plan(folder(), {.days = 7});
  EXPECT_EQ(agenda().plan.begin, kBegin + days(3));
  EXPECT_EQ(agenda().plan.minutes, 90);
}

TEST_F(AgendaTest, WhatIsDamagedIsToldAndTheRestCounts) {
  keep_plan(folder(), {.days = 14});
  EXPECT_THAT(agenda().notices, IsEmpty());
  note("run", "01", kBegin);
  std::ofstream(folder() / "plan.json") << "{\"begin\":";
  std::ofstream(folder() / "drill.json") << "{";
  std::ofstream(folder() / "progress", std::ios::app) << "2026-12\n";
  std::ofstream(folder() / "interviews.ndjson") << "{}\nnot\n";
  std::ofstream(folder() / "answers.ndjson") << "{\n";
  const Agenda told = agenda();
  EXPECT_FALSE(told.is_kept);
  EXPECT_THAT(told.notices, ElementsAre(HasSubstr("drill.json.damaged-1"),
                                        HasSubstr("plan.json.damaged-1"),
                                        HasSubstr("interviews.ndjson has 2 lines"),
                                        HasSubstr("answers.ndjson has 1 line"),
                                        HasSubstr("progress has 1 line")));
  EXPECT_EQ(told.sections[0].run, 1);
  EXPECT_THAT(agenda().notices, SizeIs(5)) << "until the file is removed";
}

}  // namespace
}  // namespace runner
