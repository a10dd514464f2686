#include "drill/mix.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace runner {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Day kToday = std::chrono::year(2026) / 11 / 29;

// Items 1 to `count` of a lab: "05-1", "05-2" and so on.
std::vector<DrillItem> items_of(const std::string& number, int count,
                                const std::string& common = "common") {
  Lab lab{};
  lab.number = number;
  lab.common = common;
  std::vector<DrillItem> items;
  for (int i = 1; i <= count; ++i)
    items.push_back({.id = fmt::format("{}-{}", number, i), .lab = lab});
  return items;
}

std::vector<DrillItem> joined(std::initializer_list<std::vector<DrillItem>> lists) {
  std::vector<DrillItem> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::vector<std::string> ids(const std::vector<DrillItem>& items) {
  std::vector<std::string> names;
  for (const DrillItem& item : items) names.push_back(item.id);
  return names;
}

Record due_in(int count) {
  return {.schedule = {.repetitions = 1, .interval = 1, .due = kToday + days(count)},
          .asked = 1};
}

TEST(DailyMix, TakesTwoNewOnesOfEachLabInTurn) {
  const auto items = joined({items_of("02", 3), items_of("05", 3), items_of("14", 3)});
  EXPECT_THAT(ids(daily_mix(items, {}, {.items = 15, .fresh = 4}, kToday)),
              ElementsAre("02-1", "05-1", "02-2", "05-2"));
  EXPECT_THAT(daily_mix(items, {}, {.items = 15, .fresh = 8}, kToday), SizeIs(8));
}

TEST(DailyMix, BeginsWithTheLabsThatAreAskedMost) {
  const auto items = joined({items_of("02", 2, "medium"), items_of("05", 2, "common"),
                             items_of("14", 2, "very common")});
  EXPECT_THAT(ids(daily_mix(items, {}, {.fresh = 3}, kToday)),
              ElementsAre("14-1", "05-1", "14-2"));
}

TEST(DailyMix, GoesOnTheNextDayWhereItStopped) {
  const auto items = joined({items_of("02", 4), items_of("05", 4), items_of("14", 4)});
  const Records records = {{"02-1", due_in(3)}, {"02-2", due_in(3)}};
  EXPECT_THAT(ids(daily_mix(items, records, {.fresh = 6}, kToday)),
              ElementsAre("05-1", "14-1", "05-2", "14-2", "02-3", "02-4"));
}

TEST(DailyMix, AsksFirstWhatWaitsLongestAndThenWhatIsNew) {
  const auto items = items_of("05", 5);
  const Records records = {
      {"05-1", due_in(0)}, {"05-2", due_in(-3)}, {"05-3", due_in(1)}};
  EXPECT_THAT(ids(daily_mix(items, records, {}, kToday)),
              ElementsAre("05-2", "05-1", "05-4", "05-5"));
}

TEST(DailyMix, LeavesTheRestForTomorrow) {
  const auto items = items_of("05", 5);
  const Records records = {
      {"05-1", due_in(0)}, {"05-2", due_in(-3)}, {"05-3", due_in(-1)}};
  EXPECT_THAT(ids(daily_mix(items, records, {.items = 2, .fresh = 8}, kToday)),
              ElementsAre("05-2", "05-3"));
  EXPECT_THAT(ids(daily_mix(items, records, {.items = 4, .fresh = 8}, kToday)),
              ElementsAre("05-2", "05-3", "05-1", "05-4"));
  EXPECT_THAT(ids(daily_mix(items, records, {.items = 9, .fresh = 0}, kToday)),
              ElementsAre("05-2", "05-3", "05-1"));
}

TEST(DailyMix, IsEmptyWhenNothingIsDueOrNew) {
  const auto items = items_of("05", 1);
  EXPECT_THAT(daily_mix(items, {{"05-1", due_in(1)}}, {}, kToday), IsEmpty());
  EXPECT_THAT(daily_mix({}, {}, {}, kToday), IsEmpty());
}

}  // namespace
}  // namespace runner
