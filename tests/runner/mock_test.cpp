#include "rehearse/mock.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "fake_place.hpp"
#include "rehearse/interviewer.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

const Day kToday = std::chrono::year(2026) / 11 / 29;

Lab lab(const std::string& number, const std::string& common) {
  Lab one{};
  one.number = number;
  one.common = common;
  return one;
}

Interview answered(const std::string& number, int said, int points) {
  return {.day = kToday, .lab = number, .seconds = 90, .said = said, .points = points};
}

class MockTest : public testing::Test {
 protected:
  std::filesystem::path file() const {
    return fake_.place().root / "data/interviews.ndjson";
  }
  FakePlace fake_;
};

TEST(Weight, GrowsWithHowOftenAQuestionIsAskedAndHowWeakTheAnswerWas) {
  const Interview good = answered("05", 6, 6), half = answered("05", 3, 6),
                  none = answered("05", 0, 6);
  EXPECT_GT(weight(lab("05", "very common"), nullptr),
            weight(lab("05", "common"), nullptr));
  EXPECT_GT(weight(lab("05", "common"), nullptr), weight(lab("05", "medium"), nullptr));
  const Lab one = lab("05", "common");
  EXPECT_GT(weight(one, &none), weight(one, nullptr)) << "weaker than unknown";
  EXPECT_GT(weight(one, nullptr), weight(one, &half));
  EXPECT_GT(weight(one, &half), weight(one, &good));
  EXPECT_GT(weight(one, &good), 0) << "what is known is asked now and then";
}

TEST(Weight, TheUsualWrongAnswerCountsAsHalfOfWhatWasSaid) {
  Interview interview = answered("05", 6, 6);
  EXPECT_DOUBLE_EQ(interview.score(), 1);
  interview.wrong = true;
  EXPECT_DOUBLE_EQ(interview.score(), 0.5);
  EXPECT_DOUBLE_EQ(answered("05", 0, 0).score(), 0);
}

TEST_F(MockTest, AsksEachQuestionOnceAndTheWeakOnesMoreOften) {
  Interviews interviews(file());
  interviews.add(answered("01", 5, 5));
  interviews.add(answered("02", 0, 5));
  const std::vector<Lab> labs = {lab("01", "common"), lab("02", "common")};
  std::map<std::string, int> first;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    std::set<std::string> asked;
    while (const Lab* one = next_question(labs, interviews, asked, random)) {
      if (asked.empty()) ++first[one->number];
      EXPECT_TRUE(asked.insert(one->number).second);
    }
    EXPECT_EQ(asked.size(), 2u);
  }
  EXPECT_NEAR(first["02"], 900, 60);  // weights 2.25 and 0.25
}

TEST(Checks, AreNumbersOrAllOrNone) {
  EXPECT_THAT(parse_checks("1 3", 3), Optional(ElementsAre(1, 3)));
  EXPECT_THAT(parse_checks("3, 1,1", 3), Optional(ElementsAre(1, 3)));
  EXPECT_THAT(parse_checks("all", 3), Optional(ElementsAre(1, 2, 3)));
  EXPECT_THAT(parse_checks("", 3), Optional(IsEmpty()));
  EXPECT_THAT(parse_checks("none", 3), Optional(IsEmpty()));
  for (const char* wrong : {"0", "4", "-1", "1x", "one", "1.5", "99999999999999999999"})
    EXPECT_EQ(parse_checks(wrong, 3), std::nullopt) << wrong;
}

TEST_F(MockTest, KeepsEachAnswerOnALineOfItsOwn) {
  Interview interview = answered("05", 2, 3);
  interview.missed = {"TCP \"too\"\nhas one."};
  interview.typed = std::string("odd \xff bytes");
  {
    Interviews interviews(file());
    interviews.add(interview);
    interviews.add(answered("14", 1, 4));
  }
  const Interviews interviews(file());
  ASSERT_EQ(interviews.all().size(), 2u);
  const Interview* last = interviews.last("05");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->day, kToday);
  EXPECT_EQ(last->said, 2);
  EXPECT_EQ(last->points, 3);
  EXPECT_EQ(last->seconds, 90);
  EXPECT_THAT(last->missed, ElementsAre("TCP \"too\"\nhas one."));
  EXPECT_EQ(last->typed, "odd \xEF\xBF\xBD bytes");
  EXPECT_EQ(interviews.last("30"), nullptr);
}

TEST_F(MockTest, ALineThatCannotBeReadLosesNoOther) {
  const std::string whole = interview_text(answered("05", 2, 3));
  fake_.write(file(), whole + "\n" + whole.substr(0, 40) + "\n[]\n{}\nnull\n\xff\n" +
                          std::string(100'000, '[') + "\n" + whole);
  Interviews interviews(file());
  EXPECT_EQ(interviews.all().size(), 2u);
  EXPECT_EQ(interviews.unreadable(), 6u);
  interviews.add(answered("14", 1, 4));
  const Interviews again(file());
  EXPECT_EQ(again.all().size(), 3u);
  EXPECT_EQ(again.unreadable(), 6u) << "they stay";
}

TEST(InterviewText, RefusesWhatCannotBe) {
  const std::string good = interview_text(answered("05", 2, 3));
  EXPECT_NO_THROW((void)parse_interview(good));
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"\"said\":2", "\"said\":4"},
                                          {"\"said\":2", "\"said\":-1"},
                                          {"\"said\":2", "\"said\":1e3"},
                                          {"2026-11-29", "2026-11-31"},
                                          {"\"wrong\":false", "\"wrong\":0"},
                                          {"\"missed\":[]", "\"missed\":[1]"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_THROW((void)parse_interview(bad), std::invalid_argument) << bad;
  }
}

TEST_F(MockTest, SaysWhereItCannotKeepThem) {
  fake_.write(fake_.place().root / "data", "a file");
  EXPECT_ANY_THROW(Interviews interviews(file()));
}

}  // namespace
}  // namespace runner
