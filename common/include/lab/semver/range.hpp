// range.hpp: which versions a dependency allows, as package.json writes it.
//
//   ^1.2.3   >=1.2.3 <2.0.0-0     ^0.2.3   >=0.2.3 <0.3.0-0     ^0.0.3   only 0.0.3
//   ~1.2.3   >=1.2.3 <1.3.0-0     ~1       >=1.0.0 <2.0.0-0
//   1.2.x    >=1.2.0 <1.3.0-0     1.2 - 2  >=1.2.0 <3.0.0-0     *        everything
//   >1 <3.1 || 5.0.0              blanks mean "and", || means "or"
//
// The -0 keeps out 2.0.0-rc.1, which comes before 2.0.0 but has its incompatible changes.
//
// Threads   A Range does not change once it is made.
// Errors    A text that is no range is an answer (nullopt), never an exception.
// Cost      parse() is linear in its text; allows() in the number of bounds.
// Source    npm's package `semver` 7.8, strict; checked against it with random texts.
// Left out  What npm's chain of regular expressions accepts by accident, such as "1.2.3*";
//           blanks that are not ASCII.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/semver/version.hpp"

namespace lab::semver {

// Which pre-releases a range may allow.
enum class Prereleases {
  named,  // those of a MAJOR.MINOR.PATCH that the range itself names with a pre-release
  all,    // every one between its bounds: npm's includePrerelease
};

struct Bound {
  enum class Is { less, at_most, equal, at_least, greater };

  Is is;
  Version version;

  bool allows(const Version& other) const;
  std::string str() const;  // ">=1.2.3"
};

class Range {
 public:
  static std::optional<Range> parse(std::string_view text,
                                    Prereleases prereleases = Prereleases::named);

  bool allows(const Version& version) const;

  // The bounds, as npm writes them: ">=1.2.3 <2.0.0-0", and "*" for everything.
  std::string str() const;

  using Bounds = std::vector<Bound>;  // all must allow a version; none: everything

 private:
  Range(std::vector<Bounds> either, Prereleases prereleases)
      : either_(std::move(either)), prereleases_(prereleases) {}

  std::vector<Bounds> either_;
  Prereleases prereleases_;
};

}  // namespace lab::semver
