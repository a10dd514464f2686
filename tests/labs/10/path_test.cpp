// Which paths a pattern matches, and what it reads from them. That Express does the same, the
// conformance test asks.
#include "path.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace lab10 {
namespace {

using enum PathPattern::Covers;

// "id=7 what=u", or what there is instead.
std::string read(std::string_view pattern, std::string_view path,
                 PathPattern::Covers covers = this_path) {
  const auto found = PathPattern(pattern, covers).match(path);
  if (!found) return "another path";
  if (!found->malformed.empty()) return "malformed " + found->malformed;
  std::string all;
  for (const auto& [name, value] : found->params)
    all += (all.empty() ? "" : " ") + name + "=" + value;
  return all;
}

TEST(PathPattern, MatchesItsTextInAnyCaseAndOneSlashBehindIt) {
  EXPECT_EQ(read("/a/b", "/a/b"), "");
  EXPECT_EQ(read("/a/b/", "/A/b/"), "");
  for (const char* path : {"", "/", "/a", "/a/bc", "/a/b//", "/a/b/c", "a/b", "/%61/b"})
    EXPECT_EQ(read("/a/b", path), "another path") << path;
  EXPECT_EQ(read("/", "/"), "");
  EXPECT_EQ(read("/", "/a"), "another path");
}

TEST(PathPattern, MayCoverAllThatIsBelowIt) {
  for (const char* path : {"/a", "/a/", "/a/b", "/a//"})
    EXPECT_EQ(read("/a", path, all_below), "") << path;
  EXPECT_EQ(read("/a", "/ab", all_below), "another path");
  for (const char* path : {"/", "/a", "*", ""}) EXPECT_EQ(read("/", path, all_below), "");
  EXPECT_EQ(read("/:x", "/1/2", all_below), "x=1");
}

TEST(PathPattern, AParameterIsSomeTextOfOneSegment) {
  EXPECT_EQ(read("/u/:id", "/u/7"), "id=7");
  EXPECT_EQ(read("/u/:id", "/u/7/"), "id=7");
  for (const char* path : {"/u", "/u/", "/u//", "/u/7/8"})
    EXPECT_EQ(read("/u/:id", path), "another path") << path;
  EXPECT_EQ(read("/:a/:b", "/1/2"), "a=1 b=2");
  EXPECT_EQ(read("/:a/:a", "/1/2"), "a=2");
  EXPECT_EQ(read("/:$_9z", "/1"), "$_9z=1");
}

TEST(PathPattern, TextAndParametersMixInOneSegment) {
  EXPECT_EQ(read("/:file.json", "/a.JSON"), "file=a");
  EXPECT_EQ(read("/:file.json", "/a.json.json"), "file=a.json");
  EXPECT_EQ(read("/:file.json", "/.json"), "another path");
  EXPECT_EQ(read("/:file.json", "/a"), "another path");
  EXPECT_EQ(read("/v:x", "/v1"), "x=1");
  EXPECT_EQ(read("/:from-:to", "/1-2-3"), "from=1-2 to=3");
  EXPECT_EQ(read("/:from-:to", "/1-"), "another path");
  EXPECT_EQ(read("/:from-:to", "/1--"), "from=1 to=-");
  EXPECT_EQ(read("/:from-:to", "/1/2-3"), "another path");
  EXPECT_EQ(read("/:a--:b/:c", "/x-y--z-/1"), "a=x-y b=z- c=1");
  EXPECT_EQ(read("/:a-:b/:c-:d", "/1-2/3-4-5"), "a=1 b=2 c=3-4 d=5");
  EXPECT_EQ(read("/:a-b/:c", "/1-b/2-b3"), "a=1 c=2-b3");
}

TEST(PathPattern, DecodesWhatItReads) {
  EXPECT_EQ(read("/:a", "/%41%2f%C3%A9"), "a=A/\xc3\xa9");
  EXPECT_EQ(read("/:a/:b/:c", "/1/%zz/%"), "malformed %zz");
  EXPECT_EQ(read("/a", "/%zz"), "another path");
}

TEST(PathPattern, RefusesWhatItDoesNotSupport) {
  for (const char* pattern :
       {"/*all", "/{a}", "/a}", "/(a)", "/a)", "/[a]", "/a]", "/a+", "/a?", "/a!",
        "/a\\b", "/:", "/:/a", "/:-", "/:1a", "/:a:b", "/:\"a\""})
    EXPECT_THROW(PathPattern(pattern, this_path), std::invalid_argument) << pattern;
}

TEST(PercentDecoded, TakesWhatIsUtf8AndNothingElse) {
  EXPECT_EQ(percent_decoded(""), "");
  EXPECT_EQ(percent_decoded("plain+text"), "plain+text");
  EXPECT_EQ(percent_decoded("%7e%7F%00").value(), std::string("~\x7f\0", 3));
  for (const auto& [escaped, text] : {std::pair{"%C2%80", "\xc2\x80"},
                                      {"%DF%BF", "\xdf\xbf"},
                                      {"%E0%A0%80", "\xe0\xa0\x80"},
                                      {"%ED%9F%BF", "\xed\x9f\xbf"},
                                      {"%EE%80%80", "\xee\x80\x80"},
                                      {"%EF%BF%BF", "\xef\xbf\xbf"},
                                      {"%F0%90%80%80", "\xf0\x90\x80\x80"},
                                      {"%F4%8F%BF%BF", "\xf4\x8f\xbf\xbf"}})
    EXPECT_EQ(percent_decoded(escaped), text) << escaped;
  for (const char* malformed : {"%",
                                "a%2",
                                "%zz",
                                "%4z",
                                "%z4",
                                "% 4",
                                "%+4",
                                "%80",
                                "%BF",
                                "%C0%80",
                                "%C1%BF",
                                "%C3",
                                "%C3a",
                                "%C3%",
                                "%C3%C3",
                                "%C3%41",
                                "%E0%9F%BF",
                                "%E2%82",
                                "%ED%A0%80",
                                "%ED%BF%BF",
                                "%F0%8F%BF%BF",
                                "%F4%90%80%80",
                                "%F5%80%80%80",
                                "%F8%88%80%80%80",
                                "%FF"})
    EXPECT_EQ(percent_decoded(malformed), std::nullopt) << malformed;
}

TEST(Hostile, LongPathsAreMatchedInTheirOwnTime) {
  const std::string dashes(16'000, '-');
  EXPECT_EQ(read("/:a-:b-:c.x", "/" + dashes), "another path");
}

}  // namespace
}  // namespace lab10
