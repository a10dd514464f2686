// What every lab's drill.json promises: its items are whole, and each scenario has its
// answer in a real run.
#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "core/page.hpp"
#include "drill/answer.hpp"
#include "drill/item.hpp"
#include "drill/judge.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

const Place kPlace{lab::test::source(), lab::test::built()};

// Those whose needs are installed.
std::vector<Lab> built_labs() {
  std::vector<Lab> labs = Catalog::of(kPlace).all_written(kPlace);
  std::erase_if(labs, [](const Lab& lab) { return !exists(lab.program(kPlace)); });
  return labs;
}

std::string name_of(std::string name) {
  for (char& byte : name) {
    if (!std::isalnum(static_cast<unsigned char>(byte))) byte = '_';
  }
  return name;
}

std::vector<DrillItem> built_scenarios() {
  std::vector<DrillItem> scenarios;
  for (const Lab& lab : built_labs()) {
    for (DrillItem& item : drill_of(lab, kPlace)) {
      if (item.kind == DrillItem::Kind::scenario) scenarios.push_back(std::move(item));
    }
  }
  return scenarios;
}

class EveryDrill : public testing::TestWithParam<Lab> {};

TEST_P(EveryDrill, HasAtLeastFourItemsThatAreWhole) {
  const auto items = drill_of(GetParam(), kPlace);
  EXPECT_GE(items.size(), 4u);
  std::set<std::string> questions;
  for (const DrillItem& item : items) {
    EXPECT_TRUE(questions.insert(item.question).second) << item.id << " is asked twice";
  }
}

// A page that was written anew has a whiteboard, and its drill explains each scenario.
TEST_P(EveryDrill, SaysWhy) {
  if (!exists(GetParam().source(kPlace) / "whiteboard.mjs")) GTEST_SKIP() << "old form";
  for (const DrillItem& item : drill_of(GetParam(), kPlace)) {
    EXPECT_TRUE(item.kind == DrillItem::Kind::followup || !item.why.empty()) << item.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryDrill, testing::ValuesIn(built_labs()),
                         [](const auto& one) { return name_of(one.param.folder); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryDrill);

// What a mock interview checks you against; also of the labs that are still to come.
class EveryPage : public testing::TestWithParam<Lab> {};

TEST_P(EveryPage, HasWhatAnInterviewChecks) {
  const Page page = page_of(GetParam(), kPlace);
  EXPECT_THAT(page.must_say, testing::SizeIs(testing::Ge(3)));
  EXPECT_THAT(page.senior, testing::SizeIs(testing::Ge(3)));
  EXPECT_NE(page.wrong, "");
  EXPECT_THAT(page.follow_ups, testing::SizeIs(testing::Ge(3)));
  for (const FollowUp& next : page.follow_ups)
    EXPECT_NE(next.answer, "") << next.question;
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryPage, testing::ValuesIn(Catalog::of(kPlace).labs()),
                         [](const auto& one) { return name_of(one.param.folder); });

class EveryScenario : public testing::TestWithParam<DrillItem> {};

TEST_P(EveryScenario, HasItsAnswerInARealRun) {
  const PlayResult result = play(GetParam(), kPlace);
  ASSERT_TRUE(result.answer) << result.why;
  EXPECT_TRUE(fits(GetParam(), *result.answer)) << "the run says " << *result.answer;
  EXPECT_TRUE(right(GetParam(), *result.answer, *result.answer));
}

INSTANTIATE_TEST_SUITE_P(Items, EveryScenario, testing::ValuesIn(built_scenarios()),
                         [](const auto& one) { return name_of(one.param.id); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryScenario);

}  // namespace

void PrintTo(const Lab& lab, std::ostream* out) {
  *out << lab.folder;
}
void PrintTo(const DrillItem& item, std::ostream* out) {
  *out << item.id;
}

}  // namespace runner
