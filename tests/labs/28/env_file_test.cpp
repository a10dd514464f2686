// The parser for .env files: what it reads, what it refuses, and hostile bytes.
#include "env_file.hpp"

#include <gmock/gmock.h>

#include <random>

namespace lab28 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Entry = EnvFile::Entry;

// The only value of a text in which nothing is wrong.
std::string value_of(std::string_view text) {
  const EnvFile file = parse_env_file(text);
  EXPECT_THAT(file.problems, IsEmpty()) << text << ": " << file.problems[0].what;
  EXPECT_EQ(file.entries.size(), 1u) << text;
  return file.entries.empty() ? "nothing" : file.entries[0].value;
}

// "2: the quote is never closed", of the only thing that is wrong.
std::string problem_of(std::string_view text) {
  const EnvFile file = parse_env_file(text);
  EXPECT_EQ(file.problems.size(), 1u) << text;
  if (file.problems.empty()) return "nothing";
  return std::to_string(file.problems[0].line) + ": " + file.problems[0].what;
}

TEST(EnvFile, ReadsNamesAndValuesWithTheirLines) {
  const EnvFile file =
      parse_env_file("# a comment\n\nPORT=3000\n  export _A1 = b\nEMPTY=\n");
  EXPECT_THAT(file.entries, ElementsAre(Entry{"PORT", "3000", 3}, Entry{"_A1", "b", 4},
                                        Entry{"EMPTY", "", 5}));
  EXPECT_THAT(file.problems, IsEmpty());
}

TEST(EnvFile, TrimsABareValueAndEndsItAtAComment) {
  EXPECT_EQ(value_of("A=  b c \t# d"), "b c");
  EXPECT_EQ(value_of("A=b#c"), "b");
  EXPECT_EQ(value_of("A=#c"), "");
  EXPECT_EQ(value_of("A=it's \"x\""), "it's \"x\"");
  EXPECT_EQ(value_of("A=b=c"), "b=c");
}

TEST(EnvFile, TakesAQuotedValueAsItIs) {
  EXPECT_EQ(value_of("A=' b # c '  # d"), " b # c ");
  EXPECT_EQ(value_of("A=`'\"`"), "'\"");
  EXPECT_EQ(value_of("A='$HOME \\n'"), "$HOME \\n");
  EXPECT_EQ(value_of("A=\"\""), "");
}

TEST(EnvFile, ExpandsNewlinesOnlyInDoubleQuotes) {
  EXPECT_EQ(value_of("A=\"b\\nc\\rd\\te\\\\n\""), "b\nc\rd\\te\\\n");
  EXPECT_EQ(value_of("A=b\\nc"), "b\\nc");
  EXPECT_EQ(value_of("A=`b\\nc`"), "b\\nc");
}

TEST(EnvFile, GoesOnBehindAValueOfSeveralLines) {
  const EnvFile file = parse_env_file("KEY='one\ntwo\nthree'\nNEXT=4\n");
  EXPECT_THAT(file.entries,
              ElementsAre(Entry{"KEY", "one\ntwo\nthree", 1}, Entry{"NEXT", "4", 4}));
}

TEST(EnvFile, KnowsTheLineEndsOfEverySystem) {
  EXPECT_THAT(parse_env_file("A=1\r\nB=2\rC=3").entries,
              ElementsAre(Entry{"A", "1", 1}, Entry{"B", "2", 2}, Entry{"C", "3", 3}));
  EXPECT_EQ(value_of("A='b\r\nc'"), "b\nc");
  EXPECT_EQ(value_of("\xEF\xBB\xBF"
                     "A=1"),
            "1");
}

TEST(EnvFile, ExportIsAWordInFrontOfAName) {
  EXPECT_EQ(parse_env_file("export A=1").entries.at(0).name, "A");
  EXPECT_EQ(parse_env_file("exportA=1").entries.at(0).name, "exportA");
  EXPECT_EQ(parse_env_file("export=1").entries.at(0).name, "export");
  EXPECT_EQ(parse_env_file("export =1").entries.at(0).name, "export");
}

TEST(EnvFile, RefusesWhatDotenvWouldGuess) {
  EXPECT_EQ(problem_of("A=1\nB='open\nC=3"), "2: the quote is never closed");
  EXPECT_EQ(problem_of("A='b' c"), "1: something follows the closing quote");
  EXPECT_EQ(problem_of("A=\"C:\\\""), "1: a backslash before the closing quote");
  EXPECT_EQ(problem_of("A='b\nc' d\n"), "1: something follows the closing quote");
  EXPECT_EQ(problem_of("A=1\nA=2"), "2: this name is set twice");
  EXPECT_EQ(problem_of(std::string_view("A=b\0c", 5)),
            "1: a variable cannot hold a zero byte");
  EXPECT_EQ(problem_of(std::string_view("A='\0'", 5)),
            "1: a variable cannot hold a zero byte");
}

TEST(EnvFile, RefusesALineThatSetsNoName) {
  for (const char* line : {"A", "=1", "1A=1", "A-B=1", "A.B=1", "A: 1", "A B=1", "export",
                           "export A", "'A'=1", "\x80=1"}) {
    EXPECT_EQ(problem_of(line), "1: this is not NAME=value") << line;
  }
}

TEST(EnvFile, ANameIsOfLettersDigitsAndUnderscores) {
  EXPECT_EQ(parse_env_file("azAZ_09=1").entries.at(0).name, "azAZ_09");
  for (const char* line : {"a`=1", "a{=1", "A@=1", "A[=1", "A/=1", "A:=1"}) {
    EXPECT_EQ(problem_of(line), "1: this is not NAME=value") << line;
  }
  EXPECT_EQ(value_of("\v\fA\t\v\f= \t\v\f'1'\v\f"), "1");
}

TEST(EnvFile, ReadsTheLinesAroundAWrongOne) {
  const EnvFile file = parse_env_file("A=1\nwhat\nB='x' y\nC=3");
  EXPECT_THAT(file.entries, ElementsAre(Entry{"A", "1", 1}, Entry{"C", "3", 4}));
  EXPECT_EQ(file.problems.size(), 2u);
}

TEST(EnvFile, SurvivesAnyBytes) {
  std::mt19937 random(28);
  const std::string_view alphabet(
      "A=\"'`#\n\r\\ \tn\0\xEF\xBB\xBF"
      "export",
      22);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto size = random() % 40; size > 0; --size) {
      text += alphabet[random() % alphabet.size()];
    }
    const EnvFile file = parse_env_file(text);
    for (const Entry& entry : file.entries) {
      EXPECT_FALSE(entry.name.empty());
      EXPECT_EQ(entry.value.find('\0'), std::string::npos);
    }
  }
}

// Twice the text takes about twice the steps: a million quotes or names must not take hours.
TEST(EnvFile, TakesLinearTimeOnHostileText) {
  EXPECT_EQ(parse_env_file(std::string(1'000'000, '\'')).entries.size(), 0u);
  EXPECT_EQ(value_of("A=" + std::string(1'000'000, ' ')), "");
  std::string names;
  for (int i = 0; i < 100'000; ++i) names += "N" + std::to_string(i) + "=1\n";
  EXPECT_EQ(parse_env_file(names).entries.size(), 100'000u);
}

}  // namespace
}  // namespace lab28
