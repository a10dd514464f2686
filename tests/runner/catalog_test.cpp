#include "core/catalog.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "fake_place.hpp"
#include "lab/core/error.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Catalog, FindsALabByNumberNameOrFolder) {
  const Catalog catalog = Catalog::parse(FakePlace::kCatalog, "test");
  for (const char* typed :
       {"5", "05", "second_thing", "Second-Thing", "05_second_thing"}) {
    ASSERT_NE(catalog.find(typed), nullptr) << typed;
    EXPECT_EQ(catalog.find(typed)->number, "05") << typed;
  }
  for (const char* typed : {"", "0", "2", "005", "second", "5 ", "../01_first"}) {
    EXPECT_EQ(catalog.find(typed), nullptr) << typed;
  }
}

TEST(Catalog, SuggestsTheNearestNameForOneThatIsWrong) {
  const FakePlace fake;
  const Catalog catalog = fake.catalog();
  const auto told = [&](const char* typed) {
    return refusal([&] { static_cast<void>(catalog.written(typed, fake.place())); });
  };
  EXPECT_THAT(told("frist"), HasSubstr("did you mean first (1)?"));
  EXPECT_THAT(told("thing"), HasSubstr("did you mean second_thing (5)?"));
  EXPECT_THAT(told("xyzzy"), HasSubstr("there is no lab xyzzy"));
  EXPECT_THAT(told("99"), Not(HasSubstr("did you mean")));
}

TEST(Catalog, SaysWhichLabsThereAreWhenOneIsNotWritten) {
  const FakePlace fake;
  fake.lab("first", "exit 0");
  EXPECT_EQ(
      refusal([&] { static_cast<void>(fake.catalog().written("10", fake.place())); }),
      "lab 10 (third) is still to come; its answer is in labs/10_third/README.md; there "
      "are 1");
  EXPECT_EQ(fake.catalog().written("1", fake.place()).number, "01");
}

TEST(Catalog, TellsWhatIsWrongWithAnEntryAndWhere) {
  const auto told = [](const char* text) {
    return refusal([&] { static_cast<void>(Catalog::parse(text, "labs/catalog.json")); });
  };
  EXPECT_EQ(told("[{"), "read labs/catalog.json: it is not a JSON list");
  EXPECT_EQ(told(""), "read labs/catalog.json: it is not a JSON list");
  EXPECT_EQ(told("{}"), "read labs/catalog.json: it is not a JSON list");
  EXPECT_THAT(told("[7]"), HasSubstr("entry 1: "));
  EXPECT_THAT(told(R"([{"number": 1}])"), HasSubstr("entry 1: "));
}

TEST(Catalog, RefusesAFolderThatLeadsElsewhere) {
  for (const char* folder : {"../../bin/sh", "05_", "06_other", "05_a/b", "05_a b", ""}) {
    const std::string text =
        R"([{"number": "05", "question": "?", "section": "s", "common": "c", "hard": "h",
             "claims": 1, "needs": [], "folder": ")" +
        std::string(folder) + R"("}])";
    EXPECT_THROW(static_cast<void>(Catalog::parse(text, "test")), lab::Error) << folder;
  }
}

TEST(Catalog, OfTheProjectHasThirtyLabsEachOnItsOwnLine) {
  const Catalog catalog = Catalog::of({lab::test::source(), lab::test::built()});
  EXPECT_EQ(catalog.labs().size(), 30u);
  // ./lab reads it line by line, before there is a program that could parse it.
  std::ifstream file(lab::test::source("labs/catalog.json"));
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(R"({"number": ")") && line.find("]}") != line.npos) ++lines;
  }
  EXPECT_EQ(lines, 30u);
}

}  // namespace
}  // namespace runner
