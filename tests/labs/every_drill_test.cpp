// What every lab's drill.json and page promise. That each scenario has its answer in a real run
// is seen where the lab is played: played_lab_test.cpp.
#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "core/page.hpp"
#include "drill/item.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

const Place kPlace{lab::test::source(), lab::test::built()};

std::string name_of(std::string name) {
  for (char& byte : name) {
    if (!std::isalnum(static_cast<unsigned char>(byte))) byte = '_';
  }
  return name;
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

INSTANTIATE_TEST_SUITE_P(Labs, EveryDrill,
                         testing::ValuesIn(Catalog::of(kPlace).all_written(kPlace)),
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

}  // namespace

void PrintTo(const Lab& lab, std::ostream* out) {
  *out << lab.folder;
}

}  // namespace runner
