// version.hpp: a semantic version, MAJOR.MINOR.PATCH, and the order of versions.
//
//   1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0 < 1.9.0 < 1.10.0
//
// Units     Each number is at most 2^53 - 1, as in npm; a text has at most 256 characters.
// Errors    A text that is no version is an answer (nullopt), never an exception.
// Cost      One pass; no allocation for what has no pre-release and no build.
// Source    semver.org 2.0.0, and npm's package `semver`, strict: blanks around a version
//           and a `v` before it are allowed.
// Left out  npm's loose mode ("1.2.3beta"), coercion ("v1" to 1.0.0), increments.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lab::semver {

inline constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t kLongestVersion = 256;

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string prerelease{};  // "rc.1"; empty for a release
  std::string build{};       // "sha.5114f85"; says where it comes from, not what it is

  static std::optional<Version> parse(std::string_view text);

  std::string str() const;  // without the build, as npm writes it

  // By precedence: two versions that differ in their builds alone are equal. (Weak, for
  // that reason: they are equal, and not the same.)
  friend std::weak_ordering operator<=>(const Version& left, const Version& right) {
    if (left.major != right.major) return left.major <=> right.major;
    if (left.minor != right.minor) return left.minor <=> right.minor;
    if (left.patch != right.patch) return left.patch <=> right.patch;
    return compare_prereleases(left.prerelease, right.prerelease);
  }
  friend bool operator==(const Version& left, const Version& right) {
    return std::is_eq(left <=> right);
  }

 private:
  static std::weak_ordering compare_prereleases(std::string_view left,
                                                std::string_view right);
};

}  // namespace lab::semver
