// order.cpp: what is a version, and which of two comes first.
#include <algorithm>
#include <random>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "semver.hpp"

namespace lab27 {

using lab::Story;
using lab::semver::Version;

namespace {

struct Written {
  const char* text;
  bool is_version;
};
constexpr Written kTexts[] = {
    {"1.2.3", true},        {"0.0.0", true},       {"1.10.0", true},
    {"1.2.3-rc.1", true},   {"1.2.3+build", true}, {"1.2", false},
    {"1.2.3.4", false},     {"01.2.3", false},     {"1.2.x", false},
    {"1.2.3-rc..1", false}, {"latest", false},
};

// Step 1: in the order that the specification gives. A pre-release comes before its
// release, and numbers count as numbers: beta.2 before beta.11, 1.9.0 before 1.10.0.
constexpr const char* kRising[] = {
    "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
    "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0",        "1.9.0",         "1.10.0",
    "2.0.0",
};

std::vector<Version> rising() {
  std::vector<Version> versions;
  for (const char* text : kRising) versions.push_back(*Version::parse(text));
  return versions;
}

// How many of so many shuffled lists get the order above when they are sorted.
template <class Before>
int sorted_right(int lists, Before before) {
  std::mt19937 random(27);
  const auto expected = rising();
  int right = 0;
  for (int i = 0; i < lists; ++i) {
    auto versions = expected;
    std::ranges::shuffle(versions, random);
    std::ranges::sort(versions, before);
    right += std::ranges::equal(versions, expected);
  }
  return right;
}

bool before_as_text(const Version& left, const Version& right) {
  return left.str() < right.str();
}

lab::Table places() {
  lab::Table table{"Places on the line", {"version", "in order", "sorted as text"}, {}};
  auto as_text = rising();
  std::ranges::sort(as_text, before_as_text);
  for (std::size_t i = 0; i < std::size(kRising); ++i) {
    const auto at = std::ranges::find(as_text, kRising[i], &Version::str);
    table.rows.push_back(
        {kRising[i], std::to_string(i + 1), std::to_string(at - as_text.begin() + 1)});
  }
  return table;
}

}  // namespace

void order(Story& story, const Knobs&) {
  const int lists = story.quick() ? 100 : 100'000;
  story.say(
      "Ten versions are shuffled {} times and sorted again, once as versions and once as "
      "text. Only the first should give the order of the specification.",
      lab::text::count(lists));
  story.picture(lab::Picture::axis, {"Places on the line"});

  int read_right = 0;
  for (const auto& [text, is_version] : kTexts)
    read_right += Version::parse(text).has_value() == is_version;
  const int texts = std::size(kTexts);
  const int by_number = sorted_right(lists, std::ranges::less{});
  const int as_text = sorted_right(lists, before_as_text);
  story.table(places());

  story.claim(
      "27.1", read_right == texts && by_number == lists && as_text == 0,
      "{} of {} texts were read or refused as they should be; {} of {} lists came "
      "out in order when sorted as numbers. Control: {} did when sorted as text, "
      "where 1.10.0 comes before 1.9.0",
      read_right, texts, by_number, lists, as_text);
  story.takeaway(
      "Compare versions part by part as numbers, and put a pre-release before its "
      "release. Sorting as text gets both wrong.");
}

}  // namespace lab27
