// ranges.cpp: which versions a range allows, held against every version there could be.
#include <fmt/ranges.h>

#include <tuple>

#include "scenes/scenes.hpp"
#include "semver.hpp"

namespace lab27 {

using lab::Picture;
using lab::Story;
using lab::semver::Prereleases;
using lab::semver::Range;
using lab::semver::Version;

namespace {

// Every version whose numbers are small, with and without a pre-release.
std::vector<Version> every_version(std::uint64_t highest) {
  std::vector<Version> versions;
  for (std::uint64_t major = 0; major <= 3; ++major) {
    for (std::uint64_t minor = 0; minor <= highest; ++minor) {
      for (std::uint64_t patch = 0; patch <= highest; ++patch) {
        for (const char* prerelease : {"0", "rc.1", ""})
          versions.push_back({major, minor, patch, prerelease});
      }
    }
  }
  return versions;
}

using Numbers = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

// A range, held against two numbers that a person reads off it.
struct Sweep {
  int versions = 0;
  int allowed = 0;
  int wrong = 0;        // releases that it should allow and does not, or the reverse
  int prereleases = 0;  // that it allows
  std::string lowest;
  std::string highest;
};

// Step 5: the reference has no ranges. It only compares three numbers with three others.
Sweep sweep(const char* text, Numbers from, Numbers below, const Knobs& knobs) {
  const Range range = *Range::parse(text);
  Sweep result;
  for (const Version& version :
       every_version(static_cast<std::uint64_t>(*knobs.highest))) {
    const Numbers numbers{version.major, version.minor, version.patch};
    const bool expected =
        version.prerelease.empty() && from <= numbers && numbers < below;
    const bool allowed = range.allows(version);
    ++result.versions;
    result.wrong += allowed != expected;
    if (!allowed) continue;
    ++result.allowed;
    result.prereleases += !version.prerelease.empty();
    if (result.lowest.empty()) result.lowest = version.str();
    result.highest = version.str();
  }
  return result;
}

// The picture: each range as a band, between the bounds that it stands for.
void draw_bands(Story& story, const char* title,
                std::initializer_list<const char*> ranges) {
  lab::Table table{title, {"range", "from", "below"}, {}};
  for (const char* text : ranges) {
    const std::string bounds = Range::parse(text)->str();
    const auto space = bounds.find(' ');
    const bool open = bounds.starts_with("<");  // from the first version on
    table.rows.push_back({text, open ? "0.0.0" : bounds.substr(2, space - 2),
                          open ? bounds.substr(1) : bounds.substr(space + 2)});
  }
  story.table(table);
}

}  // namespace

void caret(Story& story, const Knobs& knobs) {
  story.say(
      "We test ^1.2.3 with every version from 0.0.0 to 3.{0}.{0}, pre-releases too. It "
      "should allow exactly the releases from 1.2.3 up to, but not including, 2.0.0.",
      *knobs.highest);
  story.picture(Picture::axis, {"Where a caret ends"});
  const Sweep right = sweep("^1.2.3", {1, 2, 3}, {2, 0, 0}, knobs);
  const Sweep zero = sweep("^0.2.3", {0, 2, 3}, {0, 3, 0}, knobs);
  const Sweep loose = sweep("1.x", {1, 2, 3}, {2, 0, 0}, knobs);  // the control
  draw_bands(story, "Where a caret ends", {"^1.2.3", "^1.2", "^0.2.3", "^0.0.3", "^0"});

  story.claim(
      "27.5",
      right.wrong == 0 && right.prereleases == 0 && right.allowed > 0 && loose.wrong > 0,
      "of {} versions it allowed {}, from {} to {}, and {} pre-releases; {} were wrong. "
      "Control: the range 1.x is wrong about {} of them",
      right.versions, right.allowed, right.lowest, right.highest, right.prereleases,
      right.wrong, loose.wrong);
  story.nuance("27.5",
               "Below 1.0.0 the caret is narrower: ^0.2.3 allowed {} to {}, and ^0.0.3 "
               "allows only 0.0.3. And ^1.2.3 refuses 2.0.0-rc.1, although it is below "
               "2.0.0.",
               zero.lowest, zero.highest);
  story.takeaway(
      "A caret keeps the first number that is not zero. The numbers after it may grow.");
}

void tilde(Story& story, const Knobs& knobs) {
  story.say(
      "We test ~1.2.3 with the same versions. It should allow patches only: the releases "
      "from 1.2.3 up to, but not including, 1.3.0.");
  story.picture(Picture::axis, {"Where a tilde ends"});
  const Sweep right = sweep("~1.2.3", {1, 2, 3}, {1, 3, 0}, knobs);
  const Sweep wider = sweep("^1.2.3", {1, 2, 3}, {1, 3, 0}, knobs);  // the control
  draw_bands(story, "Where a tilde ends", {"~1.2.3", "~1.2", "~1", "~0.2.3", "^1.2.3"});

  story.claim(
      "27.6",
      right.wrong == 0 && right.prereleases == 0 && right.allowed > 0 && wider.wrong > 0,
      "of {} versions it allowed {}, from {} to {}, and {} pre-releases; {} were wrong. "
      "Control: ^1.2.3 is wrong about {} of them",
      right.versions, right.allowed, right.lowest, right.highest, right.prereleases,
      right.wrong, wider.wrong);
  story.nuance("27.6", "~1 has no minor number to keep: it stands for {}.",
               Range::parse("~1")->str());
  story.takeaway("A tilde takes patches; a caret takes new features too.");
}

void surprises(Story& story, const Knobs&) {
  static constexpr const char* kVersions[] = {
      "0.0.3", "0.0.4", "0.2.3", "0.2.9", "0.3.0",      "1.2.3-beta.2",
      "1.2.3", "1.2.4", "1.3.0", "1.9.9", "2.0.0-rc.1", "2.0.0"};
  static constexpr const char* kRanges[] = {
      "^0.2.3", "~0.2.3", "^0.0.3", "^0", "~1",         "^1.2.3-beta.1",
      "1.2",    "*",      "<2.0.0", ">1", "1.2.3 - 1.9"};
  story.say(
      "Eleven ranges that people get wrong are tested with twelve versions. Guess before "
      "you look.");
  lab::Table table{"Which versions are allowed", {"range", "stands for", "allows"}, {}};
  lab::Table grid{"Twelve versions, eleven ranges", {"version", "range", "it is"}, {}};
  for (const char* text : kRanges) {
    const Range range = *Range::parse(text);
    std::vector<std::string> allowed;
    grid.rows.push_back({text, "", ""});
    for (const char* version : kVersions) {
      const bool allows = range.allows(*Version::parse(version));
      if (allows) allowed.emplace_back(version);
      grid.rows.push_back(
          {fmt::format("{}: {}", text, version), text, allows ? "allowed" : "refused"});
    }
    table.rows.push_back(
        {text, range.str(),
         allowed.empty() ? "none" : fmt::format("{}", fmt::join(allowed, " "))});
  }
  story.picture(Picture::tree, {grid.title});
  story.table(grid);
  story.table(table);
  story.takeaway(
      "A pre-release is allowed only where the range names one of the same three "
      "numbers. npm's includePrerelease lifts that.");
}

}  // namespace lab27
