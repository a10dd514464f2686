#include "rehearse/sheet.hpp"

#include <gmock/gmock.h>

#include "fake_place.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::Optional;
using testing::StartsWith;

std::vector<std::string> numbers(const std::vector<Lab>& labs) {
  std::vector<std::string> found;
  for (const Lab& lab : labs) found.push_back(lab.number);
  return found;
}

TEST(Sheet, IsOfEveryQuestionIfNoneIsNamed) {
  EXPECT_THAT(numbers(labs_of_sheets(FakePlace().catalog(), {})),
              ElementsAre("01", "05", "10"));
}

TEST(Sheet, IsOnceOfEachThatIsNamedAlsoOfOneThatIsNotWritten) {
  EXPECT_THAT(numbers(labs_of_sheets(FakePlace().catalog(), {"10", "second-thing", "5"})),
              ElementsAre("05", "10"));
}

TEST(Sheet, RefusesALabThatIsNone) {
  const Catalog catalog = FakePlace().catalog();
  for (const char* typed : {"", "99", "0", "nothing", "5x", "-1", "../05_second_thing"})
    EXPECT_THROW(static_cast<void>(labs_of_sheets(catalog, {"5", typed})), Usage)
        << typed;
}

TEST(Sheet, RefusesAnImpossiblePaperOrFolderBeforeItWrites) {
  const FakePlace fake;
  const auto folder = fake.place().root / "sheets";
  const auto refused = [&](SheetOptions options) {
    EXPECT_THROW(sheet(fake.catalog(), fake.place(), options), Usage);
    EXPECT_FALSE(exists(folder));
  };
  refused({.labs = {"5"}, .out = folder, .pdf = true, .paper = "a5"});
  refused({.labs = {"5", "99"}, .out = folder});
  refused({.labs = {"5"}, .out = ""});
  refused({.labs = {"5"}, .out = fake.place().root / "labs/catalog.json"});
}

TEST(Sheet, SaysThatThePageIsNotBuilt) {
  const FakePlace fake;
  unsetenv("UNDERLOOP_WEB");
  try {
    sheet(fake.catalog(), fake.place(), {.labs = {"5"}, .out = fake.place().root / "x"});
    FAIL() << "it was written without a page";
  } catch (const Usage& usage) {
    EXPECT_THAT(usage.what(), StartsWith("the page is not built"));
  }
}

TEST(FileUrl, KeepsWhatABrowserWouldReadOtherwise) {
  EXPECT_EQ(file_url("/tmp/a b/05_x-y.html"), "file:///tmp/a%20b/05_x-y.html");
  EXPECT_EQ(file_url("/tmp/100%#?é"), "file:///tmp/100%25%23%3F%C3%A9");
}

TEST(Browser, IsTheFirstProgramOfTheFolders) {
  const FakePlace fake;
  const auto program = [&](const std::string& name, bool runs) {
    fake.write(name, "#!/bin/sh\n");
    permissions(fake.place().root / name, runs ? std::filesystem::perms::owner_all
                                               : std::filesystem::perms::owner_read);
    return fake.place().root / name;
  };
  const std::string a = fake.place().root / "a", b = fake.place().root / "b";
  EXPECT_EQ(browser_in(""), std::nullopt);
  EXPECT_EQ(browser_in(a + "::" + b), std::nullopt);
  const auto chrome = program("a/google-chrome", true);
  program("a/chromium", false);
  create_directories(fake.place().root / "a/chromium-browser");
  EXPECT_THAT(browser_in(a + ":" + b), Optional(Eq(chrome)));
  const auto chromium = program("b/chromium", true);
  EXPECT_THAT(browser_in(":" + a + ":" + b), Optional(Eq(chromium)));
}

}  // namespace
}  // namespace runner
