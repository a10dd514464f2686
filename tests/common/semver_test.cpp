// Versions and ranges. The oracle is npm's package (tests/conformance/27_semver_test.cpp);
// here stands what a person would check by hand, and what hostile texts cost.
#include <gmock/gmock.h>

#include "lab/semver/range.hpp"

namespace {

using lab::semver::kMostNumber;
using lab::semver::Prereleases;
using lab::semver::Range;
using lab::semver::Version;
using testing::ElementsAre;
using testing::IsEmpty;

Version version(std::string_view text) {
  const auto parsed = Version::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Version{});
}

std::string bounds(std::string_view text, Prereleases prereleases = Prereleases::named) {
  const auto parsed = Range::parse(text, prereleases);
  return parsed ? parsed->str() : "none";
}
std::string with_all(std::string_view text) {
  return bounds(text, Prereleases::all);
}

// Those of a few versions that a range allows.
std::vector<std::string> allowed(std::string_view range,
                                 std::initializer_list<std::string_view> versions,
                                 Prereleases prereleases = Prereleases::named) {
  const auto parsed = Range::parse(range, prereleases);
  EXPECT_TRUE(parsed) << range;
  std::vector<std::string> names;
  for (const std::string_view one : versions) {
    if (parsed->allows(version(one))) names.emplace_back(one);
  }
  return names;
}

TEST(SemverVersion, HasThreeNumbersAPrereleaseAndABuild) {
  const Version all = version("10.20.30-rc.1.a-b+sha.005.-");
  EXPECT_EQ(all.major, 10u);
  EXPECT_EQ(all.minor, 20u);
  EXPECT_EQ(all.patch, 30u);
  EXPECT_EQ(all.prerelease, "rc.1.a-b");
  EXPECT_EQ(all.build, "sha.005.-");
  EXPECT_EQ(all.str(), "10.20.30-rc.1.a-b");
  EXPECT_EQ(version("0.0.0").str(), "0.0.0");
  EXPECT_EQ(version(" \t\nv1.2.3\r\v\f ").str(), "1.2.3");
  EXPECT_EQ(version("1.2.3-09a").prerelease, "09a");
  EXPECT_EQ(version("1.2.3--").prerelease, "-");
  EXPECT_EQ(version("1.2.3-AZ.az.0").prerelease, "AZ.az.0");
}

TEST(SemverVersion, RefusesWhatIsNone) {
  for (const char* text :
       {"",          " ",         "v",        "1",          "1.2",       "1.2.3.4",
        "1.2.x",     "01.2.3",    "1.02.3",   "1.2.03",     "1..3",      "-1.2.3",
        "1.2.3-",    "1.2.3-a..", "1.2.3-01", "1.2.3-a.00", "1.2.3-a_b", "1.2.3+",
        "1.2.3+a+b", "1.2.3 4",   "vv1.2.3",  "=1.2.3",     "1.2.3beta", "1.2.3-é",
        "1,2,3",     "V1.2.3",    "1.2.3+a.", "a.b.c",      "1.2.3/",    "1.2.:"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
  EXPECT_FALSE(Version::parse(std::string_view("1.2.3\0", 6)));
}

TEST(SemverVersion, HasNumbersUpToTheLargestThatJavaScriptCounts) {
  EXPECT_EQ(version("9007199254740991.0.0").major, kMostNumber);
  EXPECT_FALSE(Version::parse("9007199254740992.0.0"));
  EXPECT_FALSE(Version::parse("0.0.18446744073709551617"));  // 2^64 + 1
}

TEST(SemverVersion, HasAtMost256Characters) {
  EXPECT_TRUE(Version::parse("1.2.3-" + std::string(250, 'a')));
  EXPECT_FALSE(Version::parse("1.2.3-" + std::string(251, 'a')));
}

TEST(SemverVersion, ComesInTheOrderOfTheSpecification) {
  const std::vector<std::string_view> rising{
      "0.0.0-0",          "0.0.0",        "0.0.1",      "0.1.0",        "1.0.0-1",
      "1.0.0-2",          "1.0.0-11",     "1.0.0-1a",   "1.0.0-alpha",  "1.0.0-alpha.1",
      "1.0.0-alpha.beta", "1.0.0-alpha0", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
      "1.0.0-rc.1",       "1.0.0",        "1.9.0",      "1.10.0-a",     "1.10.0",
      "1.10.2",           "1.10.10",      "2.0.0"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t k = 0; k < rising.size(); ++k) {
      const auto order = version(rising[i]) <=> version(rising[k]);
      EXPECT_EQ(order < 0, i < k) << rising[i] << ' ' << rising[k];
      EXPECT_EQ(order > 0, i > k) << rising[i] << ' ' << rising[k];
    }
  }
}

TEST(SemverVersion, ComparesIdentifiersThatAreNumbersOfAnyLength) {
  const std::string small = "1.0.0-" + std::string(40, '1');
  const std::string large = "1.0.0-" + std::string(41, '1');
  EXPECT_LT(version(small), version(large));
  EXPECT_LT(version(small), version(small.substr(0, small.size() - 1) + "2"));
}

TEST(SemverVersion, IsEqualWhateverItsBuild) {
  EXPECT_EQ(version("1.0.0-a+b"), version("1.0.0-a+c"));
  EXPECT_NE(version("1.0.0-a"), version("1.0.0"));
  EXPECT_NE(version("1.0.0-a"), version("1.0.0-a.0"));
}

TEST(SemverRange, CaretKeepsTheFirstNumberThatIsNotZero) {
  EXPECT_EQ(bounds("^1.2.3"), ">=1.2.3 <2.0.0-0");
  EXPECT_EQ(bounds("^0.2.3"), ">=0.2.3 <0.3.0-0");
  EXPECT_EQ(bounds("^0.0.3"), ">=0.0.3 <0.0.4-0");
  EXPECT_EQ(bounds("^1.2"), ">=1.2.0 <2.0.0-0");
  EXPECT_EQ(bounds("^1"), ">=1.0.0 <2.0.0-0");
  EXPECT_EQ(bounds("^0"), "<1.0.0-0");
  EXPECT_EQ(bounds("^0.0"), "<0.1.0-0");
  EXPECT_EQ(bounds("^0.3.x"), ">=0.3.0 <0.4.0-0");
  EXPECT_EQ(bounds("^1.2.3-beta.1"), ">=1.2.3-beta.1 <2.0.0-0");
  EXPECT_EQ(bounds("^x"), "*");
  EXPECT_EQ(bounds("^ v1.2.3"), ">=1.2.3 <2.0.0-0");
  EXPECT_EQ(bounds("^x.1.2"), "*");
}

TEST(SemverRange, TildeKeepsTheMinorNumber) {
  EXPECT_EQ(bounds("~1.2.3"), ">=1.2.3 <1.3.0-0");
  EXPECT_EQ(bounds("~1.2"), ">=1.2.0 <1.3.0-0");
  EXPECT_EQ(bounds("~1"), ">=1.0.0 <2.0.0-0");
  EXPECT_EQ(bounds("~0.2.3"), ">=0.2.3 <0.3.0-0");
  EXPECT_EQ(bounds("~1.2.3-rc.1"), ">=1.2.3-rc.1 <1.3.0-0");
  EXPECT_EQ(bounds("~>1.2.3"), ">=1.2.3 <1.3.0-0");
  EXPECT_EQ(bounds("~ > 1.2.3"), ">=1.2.3 <1.3.0-0");
  EXPECT_EQ(bounds("~*"), "*");
}

TEST(SemverRange, APartOfAVersionStandsForAllThatBeginSo) {
  EXPECT_EQ(bounds("1.2"), ">=1.2.0 <1.3.0-0");
  EXPECT_EQ(bounds("1.2.x"), ">=1.2.0 <1.3.0-0");
  EXPECT_EQ(bounds("1.X"), ">=1.0.0 <2.0.0-0");
  EXPECT_EQ(bounds("1"), ">=1.0.0 <2.0.0-0");
  EXPECT_EQ(bounds("=1"), ">=1.0.0 <2.0.0-0");
  EXPECT_EQ(bounds(""), "*");
  EXPECT_EQ(bounds("*"), "*");
  EXPECT_EQ(bounds("x.x.x"), "*");
}

TEST(SemverRange, ComparesAWholeVersionOrAPartOfOne) {
  EXPECT_EQ(bounds("1.2.3"), "1.2.3");
  EXPECT_EQ(bounds("=v1.2.3+build"), "1.2.3");
  EXPECT_EQ(bounds(">1.2.3"), ">1.2.3");
  EXPECT_EQ(bounds(">= 1.2.3"), ">=1.2.3");
  EXPECT_EQ(bounds("< =1.2.3"), "<=1.2.3");
  EXPECT_EQ(bounds("<1.2.3-rc.1"), "<1.2.3-rc.1");
  EXPECT_EQ(bounds(">1"), ">=2.0.0");
  EXPECT_EQ(bounds(">1.2"), ">=1.3.0");
  EXPECT_EQ(bounds(">=1.2"), ">=1.2.0");
  EXPECT_EQ(bounds(">=1"), ">=1.0.0");
  EXPECT_EQ(bounds("<1.2"), "<1.2.0-0");
  EXPECT_EQ(bounds("<1"), "<1.0.0-0");
  EXPECT_EQ(bounds("<=1.2"), "<1.3.0-0");
  EXPECT_EQ(bounds("<=1"), "<2.0.0-0");
  EXPECT_EQ(bounds(">=1.2.3 <2"), ">=1.2.3 <2.0.0-0");
  EXPECT_EQ(bounds(">=0.0.0"), "*");
  EXPECT_EQ(bounds(">0.0.0"), ">0.0.0");
  EXPECT_EQ(bounds(">=0.0.1"), ">=0.0.1");
  EXPECT_EQ(bounds(">=*"), "*");
  EXPECT_EQ(bounds(">*"), "<0.0.0-0");
  EXPECT_EQ(bounds("<x >=1"), "<0.0.0-0");
}

TEST(SemverRange, AHyphenStandsBetweenTwoEnds) {
  EXPECT_EQ(bounds("1.2.3 - 2.3.4"), ">=1.2.3 <=2.3.4");
  EXPECT_EQ(bounds("1.2 - 2.3"), ">=1.2.0 <2.4.0-0");
  EXPECT_EQ(bounds("1 - 2"), ">=1.0.0 <3.0.0-0");
  EXPECT_EQ(bounds("v1.2.3 - v2.3.4-rc.1"), ">=1.2.3 <=2.3.4-rc.1");
  EXPECT_EQ(bounds("1.2.3 - *"), ">=1.2.3");
  EXPECT_EQ(bounds("* - 1.2.3"), "<=1.2.3");
  EXPECT_EQ(bounds("v = 1.2 - = 2"), ">=1.2.0 <3.0.0-0");
  for (const char* text : {"1 -2", "1- 2", "1 - ", " - 2", "1 - 2 3", "1 - 2 - 3",
                           "=1.2.3 - 2", "1 - ==1.2.3", "1 - ^2"}) {
    EXPECT_EQ(bounds(text), "none") << text;
  }
}

TEST(SemverRange, AlternativesAreJoinedByTwoBars) {
  EXPECT_EQ(bounds("^1.2.3||^3"), ">=1.2.3 <2.0.0-0||>=3.0.0 <4.0.0-0");
  EXPECT_EQ(bounds("1 ||"), "*");
  EXPECT_EQ(bounds(">x || 1.0.0"), "1.0.0");
  EXPECT_EQ(bounds("1.0.0 || <x"), "1.0.0");
  EXPECT_EQ(bounds(">x || <x"), "<0.0.0-0");
  EXPECT_EQ(bounds("^1.0.0 ^1.0.0"), ">=1.0.0 <2.0.0-0");  // each bound once
  EXPECT_THAT(allowed("1.0.0 || 3.0.0", {"1.0.0", "2.0.0", "3.0.0"}),
              ElementsAre("1.0.0", "3.0.0"));
}

TEST(SemverRange, RefusesWhatIsNone) {
  for (const char* text :
       {"latest",    "1.2.3.4",   "a.b.c",    "^",         "~",        ">",
        ">=",        "1 >",       "^^1",      "^>1",       "^<1",      "~<1",
        "> = 1.2.3", "v 1.2.3",   ">vv1.2.3", "==1.2.3",   "01.2.3",   "1.x.3",
        "x.1",       "1.2.3-",    "1.2-beta", "1.2.3-01",  "1|2",      "1.2.3||a",
        "1,2",       "1.2.3 foo", "+",        "1.2.3+",    "1.2.3+a.", "file:../x",
        "1..2",      ".1",        "1.",       ">=1.2.3<2", "><1",      "=>1"}) {
    EXPECT_EQ(bounds(text), "none") << text;
    EXPECT_EQ(with_all(text), "none") << text;
  }
}

TEST(SemverRange, RefusesABoundThatNoVersionCanHave) {
  EXPECT_EQ(bounds("<9007199254740991.0.0"), "<9007199254740991.0.0");
  EXPECT_EQ(bounds("^9007199254740990.0.0"),
            ">=9007199254740990.0.0 <9007199254740991.0.0-0");
  EXPECT_EQ(bounds("^9007199254740991.0.0"), "none");
  EXPECT_EQ(bounds("~1.9007199254740991.0"), "none");
  EXPECT_EQ(bounds("^0.0.9007199254740991"), "none");
  EXPECT_EQ(bounds("<99999999999999999999999"), "none");
  EXPECT_EQ(bounds("^x.99999999999999999999"), "*");  // not used
  EXPECT_EQ(bounds("1.2.3-" + std::string(250, 'a')).size(), 256u);
  EXPECT_EQ(bounds("1.2.3-" + std::string(251, 'a')), "none");
}

TEST(SemverRange, AllowsWhatLiesBetweenItsBounds) {
  const auto around = {"1.2.2", "1.2.3", "1.2.4", "1.3.0", "1.99.0", "2.0.0"};
  const auto of = [&](std::string_view range) {
    std::string text;
    for (const char* one : around) {
      if (Range::parse(range)->allows(version(one))) text += std::string(one) + ' ';
    }
    return text;
  };
  EXPECT_EQ(of("^1.2.3"), "1.2.3 1.2.4 1.3.0 1.99.0 ");
  EXPECT_EQ(of("~1.2.3"), "1.2.3 1.2.4 ");
  EXPECT_EQ(of("1.2.3"), "1.2.3 ");
  EXPECT_EQ(of(">1.2.3"), "1.2.4 1.3.0 1.99.0 2.0.0 ");
  EXPECT_EQ(of(">=1.2.3"), "1.2.3 1.2.4 1.3.0 1.99.0 2.0.0 ");
  EXPECT_EQ(of("<1.2.3"), "1.2.2 ");
  EXPECT_EQ(of("<=1.2.3"), "1.2.2 1.2.3 ");
  EXPECT_EQ(of("*"), "1.2.2 1.2.3 1.2.4 1.3.0 1.99.0 2.0.0 ");
  EXPECT_EQ(of(">x"), "");
}

TEST(SemverRange, AllowsAPrereleaseOnlyOfAVersionThatItNames) {
  const auto prereleases = {
      std::string_view("1.2.3-alpha"),  std::string_view("1.2.3-beta.2"),
      std::string_view("1.2.4-beta.2"), std::string_view("1.3.3-rc"),
      std::string_view("2.2.3-rc"),     std::string_view("2.0.0-rc.1")};
  EXPECT_THAT(allowed("^1.2.3", prereleases), IsEmpty());
  EXPECT_THAT(allowed("^1.2.3-beta.1", prereleases), ElementsAre("1.2.3-beta.2"));
  EXPECT_THAT(allowed("*", prereleases), IsEmpty());
  EXPECT_THAT(allowed("1.2.3-alpha || *", prereleases), IsEmpty());
  EXPECT_THAT(allowed("<2.0.0-rc.2", prereleases), ElementsAre("2.0.0-rc.1"));
  EXPECT_THAT(allowed("^1.2.3", prereleases, Prereleases::all),
              ElementsAre("1.2.4-beta.2", "1.3.3-rc"));
  EXPECT_THAT(allowed("<2.0.0", prereleases, Prereleases::all).size(), 5u);
  EXPECT_THAT(allowed("<2", prereleases, Prereleases::all).size(), 4u);
}

TEST(SemverRange, BeginsAtTheFirstPrereleaseWhereAllAreAllowed) {
  EXPECT_EQ(with_all("^1.2"), ">=1.2.0-0 <2.0.0-0");
  EXPECT_EQ(with_all("^1.2.3"), ">=1.2.3 <2.0.0-0");
  EXPECT_EQ(with_all("~1"), ">=1.0.0-0 <2.0.0-0");
  EXPECT_EQ(with_all("~1.2.3"), ">=1.2.3 <1.3.0-0");
  EXPECT_EQ(with_all("1.x"), ">=1.0.0-0 <2.0.0-0");
  EXPECT_EQ(with_all(">1"), ">=2.0.0-0");
  EXPECT_EQ(with_all(">1.2"), ">=1.3.0-0");
  EXPECT_EQ(with_all(">=1"), ">=1.0.0-0");
  EXPECT_EQ(with_all(">=1.2.3"), ">=1.2.3");
  EXPECT_EQ(with_all("1.2.3 - 2.3.4"), ">=1.2.3-0 <2.3.5-0");
  EXPECT_EQ(with_all("1.2.3-a - 2.3.4-b"), ">=1.2.3-a <=2.3.4-b");
  EXPECT_EQ(with_all("1 - =1.2.3"), ">=1.0.0-0 <1.2.4-0");
  EXPECT_EQ(with_all(">=0"), "*");
  EXPECT_EQ(with_all(">=0.0.0"), ">=0.0.0");
  EXPECT_EQ(bounds(">=0.0.0-0"), ">=0.0.0-0");
}

TEST(SemverRange, SaysNothingAboutBuilds) {
  EXPECT_EQ(bounds("^1.2.3+a.b-c"), ">=1.2.3 <2.0.0-0");
  EXPECT_EQ(bounds("1.2+a.0 - 2+b"), ">=1.2.0 <3.0.0-0");
  EXPECT_THAT(allowed("1.2.3+a", {"1.2.3+b", "1.2.4+a"}), ElementsAre("1.2.3+b"));
}

// No clock is asserted: a reader that goes back at each byte takes minutes for one of these
// texts, and the test ends at its deadline.
TEST(SemverRange, ReadsHostileTextsInLinearTime) {
  for (const std::string_view part : {" ",      "1",
                                      "0.",     "1.2.3 ",
                                      "^",      "v",
                                      "=",      "x.",
                                      "-",      "+",
                                      "+a",     "+a.",
                                      "||",     "^1||",
                                      "1.2.3-", "a.",
                                      ">=",     "1 - ",
                                      "> = ",   "\t1",
                                      "*",      "1.2.3-a.b.c+d.e || "}) {
    std::string text;
    while (text.size() < 256 << 10) text += part;
    EXPECT_FALSE(Version::parse(text));
    const auto range = Range::parse(text);
    EXPECT_TRUE(!range || Range::parse(range->str())) << part;
  }
}

}  // namespace
