// Knobs: what a person may type, on the command line and while the lab runs.
#include "lab/core/knob.hpp"

#include <gmock/gmock.h>

#include <array>
#include <random>
#include <stdexcept>

#include "core/dials.hpp"

namespace lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const KnobSpec kRate{
    .name = "rate", .help = "", .unit = "req/s", .initial = 5, .least = 1, .most = 100};
const KnobSpec kMark{.name = "mark",
                     .help = "",
                     .unit = "bytes",
                     .initial = 65536,
                     .least = 1024,
                     .most = 1 << 20};
const KnobSpec kDelay{.name = "delay",
                      .help = "",
                      .unit = "ms",
                      .initial = 10,
                      .least = 0,
                      .most = 5000,
                      .whole = false};
const KnobSpec kMode{.name = "mode",
                     .help = "",
                     .unit = "",
                     .least = 0,
                     .most = 2,
                     .choices = {"ok", "slow", "fail"}};
const KnobSpec kTwice{
    .name = "twice", .help = "", .unit = "", .least = 0, .most = 1, .is_switch = true};

TEST(Knob, TakesBothEndsOfItsRangeAndNothingBeyond) {
  EXPECT_EQ(knob_value(kRate, "1"), 1);
  EXPECT_EQ(knob_value(kRate, "100"), 100);
  EXPECT_THROW(knob_value(kRate, "0"), std::invalid_argument);
  EXPECT_THROW(knob_value(kRate, "101"), std::invalid_argument);
}

TEST(Knob, UnderstandsItsUnitAndTheUsualMultiples) {
  EXPECT_EQ(knob_value(kRate, "7 req/s"), 7);
  EXPECT_EQ(knob_value(kMark, "64KiB"), 65536);
  EXPECT_EQ(knob_value(kMark, "1 MiB"), 1 << 20);
  for (const char* text :
       {"0.5 MiB", "0.5M", "512K", "512 KiB", "524288B", "524288 bytes"})
    EXPECT_EQ(knob_value(kMark, text), 1 << 19) << text;
  EXPECT_EQ(knob_value(kDelay, "2s"), 2000);
  EXPECT_EQ(knob_value(kDelay, "0.05min"), 3000);
  EXPECT_EQ(knob_value(kDelay, "500us"), 0.5);
}

TEST(Knob, RefusesWhatIsNoNumberOfItsKind) {
  for (const char* text : {"", " ", "abc", "5x", "nan", "inf", "-inf", "1e999", "5.5",
                           "0x10", "5 ms", "--rate", "５"}) {
    EXPECT_THROW(knob_value(kRate, text), std::invalid_argument) << text;
  }
  // Nor where 0, which stands for what could not be read, would do.
  for (const char* text : {"", "ms", "nan", "inf", "1e999", "1e-999"})
    EXPECT_THROW(knob_value(kDelay, text), std::invalid_argument) << text;
}

TEST(Knob, TakesAChoiceOrASwitchByName) {
  EXPECT_EQ(knob_value(kMode, "fail"), 2);
  EXPECT_EQ(knob_value(kTwice, "on"), 1);
  EXPECT_THROW(knob_value(kMode, "2"), std::invalid_argument);
  EXPECT_THROW(knob_value(kTwice, "maybe"), std::invalid_argument);
}

TEST(Knob, SaysWhatWouldBeRight) {
  try {
    knob_value(kMark, "5");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("from 1 KiB to 1 MiB"));
  }
}

TEST(Knob, PrintsWhatItWouldTake) {
  for (const KnobSpec* knob : {&kRate, &kMark, &kDelay, &kMode, &kTwice}) {
    EXPECT_EQ(knob_value(*knob, knob_text(*knob, knob->initial)), knob->initial);
  }
}

class LiveDials : public testing::Test {
 protected:
  std::array<KnobSpec, 2> knobs_{kRate, kMode};
  std::array<std::atomic<double>, 2> values_{5, 0};
  std::vector<std::string> refused_;
  int turned_ = 0;
  Dials dials_{knobs_, values_, [this](const auto&, const auto&, const auto& why) {
                 if (why.empty())
                   ++turned_;
                 else
                   refused_.push_back(why);
               }};
};

TEST_F(LiveDials, TurnByLinesOfJsonInAnyPieces) {
  const std::string lines =
      "{\"knob\":\"rate\",\"value\":7}\n{\"knob\":\"mode\",\"value\":\"slow\"}\n";
  for (const char byte : lines) dials_.json(std::string_view(&byte, 1));
  EXPECT_EQ(values_[0], 7);
  EXPECT_EQ(values_[1], 1);
  EXPECT_EQ(turned_, 2);
}

TEST_F(LiveDials, RefuseABadLineAndTakeTheNext) {
  const std::array<std::string, 9> bad = {"garbage",
                                          "{}",
                                          "[]",
                                          "{\"knob\":5,\"value\":1}",
                                          "{\"knob\":\"rate\"}",
                                          "{\"knob\":\"nosuch\",\"value\":1}",
                                          "{\"knob\":\"rate\",\"value\":1000}",
                                          "{\"knob\":\"rate\",\"value\":{}}",
                                          std::string(10'000, 'x')};
  for (const std::string& line : bad) dials_.json(line + "\n");
  EXPECT_EQ(refused_.size(), bad.size());
  EXPECT_EQ(values_[0], 5);
  dials_.json("{\"knob\":\"rate\",\"value\":9}\n");
  EXPECT_EQ(values_[0], 9);
}

TEST_F(LiveDials, SurviveRandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    dials_.json(bytes);
    dials_.keys(bytes);
  }
  dials_.json("\n{\"knob\":\"rate\",\"value\":11}\n");
  EXPECT_EQ(values_[0], 11);
}

TEST_F(LiveDials, TurnByKeysWithinTheirRange) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(dials_.keys("\033[C"));
  EXPECT_EQ(values_[0], 100);
  dials_.keys("\033[B");  // the next knob
  dials_.keys("\033[C\033[C\033[C");
  EXPECT_EQ(values_[1], 2);
  EXPECT_FALSE(dials_.keys("q"));
}

// Also downwards: a rate of 0 would be one that no flag accepts.
TEST_F(LiveDials, TurnByKeysDownToTheirLeastInSteps) {
  dials_.keys("\033[C");
  EXPECT_EQ(values_[0], 10);  // a twentieth of the range
  for (int i = 0; i < 100; ++i) dials_.keys("\033[D");
  EXPECT_EQ(values_[0], 1);
  dials_.keys("\033[A");  // upwards from the first is the last
  dials_.keys("\033[C\033[D\033[D");
  EXPECT_EQ(values_[1], 0);
  EXPECT_EQ(values_[0], 1);
}

// The view is all that was read: what lies behind it in the buffer is of an earlier key.
TEST_F(LiveDials, ReadNoKeyBeyondThoseThatWerePressed) {
  EXPECT_TRUE(dials_.keys(std::string_view("xq", 1)));
  EXPECT_TRUE(dials_.keys(std::string_view("\033[C", 2)));
  EXPECT_TRUE(dials_.keys(std::string_view("\033[", 1)));
  EXPECT_EQ(turned_, 0);
  EXPECT_TRUE(dials_.keys("\033\033[Cx\033[C"));
  EXPECT_EQ(values_[0], 15);
  EXPECT_TRUE(dials_.keys("\033[C\033[Z"));
  EXPECT_EQ(values_[0], 20);
  EXPECT_FALSE(dials_.keys("\033[CQ\033[C"));
  EXPECT_EQ(values_[0], 25) << "nothing is turned after the end";
}

TEST_F(LiveDials, GoOnWithTheFirstAfterTheLast) {
  dials_.keys("\033[B\033[B\033[C");
  EXPECT_EQ(values_[0], 10);
  EXPECT_EQ(values_[1], 0);
}

TEST_F(LiveDials, ShowEachKnobWithItsValueAndWhichOneIsChosen) {
  const Terminal plain(false, false, 80);
  EXPECT_THAT(dials_.lines(plain),
              ElementsAre("  ▸ rate                   5 req/s",
                          "    mode                   ok", HasSubstr("q stop")));
  dials_.keys("\033[B\033[C");
  EXPECT_THAT(dials_.lines(plain),
              ElementsAre("    rate                   5 req/s",
                          "  ▸ mode                   slow", HasSubstr("q stop")));
}

TEST_F(LiveDials, TakeALineOf4096BytesAndSkipALongerOne) {
  const std::string line = R"({"knob":"rate","value":7})";
  dials_.json(std::string(4096 - line.size(), ' ') + line + "\n");
  EXPECT_EQ(values_[0], 7);
  EXPECT_THAT(refused_, testing::IsEmpty());
  dials_.json(line + std::string(4097 - line.size(), ' ') + "\n\n");
  EXPECT_EQ(turned_, 1);
  EXPECT_THAT(refused_, ElementsAre(HasSubstr("4096 bytes")));
}

TEST(Dials, OfALabWithoutKnobsTakeKeysAllTheSame) {
  Dials dials({}, {}, [](const auto&, const auto&, const auto&) { FAIL(); });
  EXPECT_TRUE(dials.keys("\033[A\033[B\033[C\033[D"));
  EXPECT_FALSE(dials.keys("q"));
}

// A twentieth of a range in which 1.5 is no value would be one.
TEST(Dials, StepByAWholeNumberAndByOneAtLeastWhereOnlyThoseAreTaken) {
  const std::array<KnobSpec, 4> knobs{
      KnobSpec{.name = "few", .help = "", .unit = "", .least = 0, .most = 10},
      KnobSpec{.name = "more", .help = "", .unit = "", .least = 0, .most = 30}, kDelay,
      kTwice};
  std::array<std::atomic<double>, 4> values{};
  Dials dials(knobs, values, [](const auto&, const auto&, const auto&) {});
  for (std::size_t i = 0; i < knobs.size(); ++i) dials.keys("\033[C\033[B");
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
  EXPECT_EQ(values[2], 250);
  EXPECT_EQ(values[3], 1);
  for (std::size_t i = 0; i < knobs.size(); ++i) dials.keys("\033[C\033[C\033[B");
  EXPECT_EQ(values[2], 750);
  EXPECT_EQ(values[3], 1) << "a switch is on or off";
}

}  // namespace
}  // namespace lab
