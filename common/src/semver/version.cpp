#include "lab/semver/version.hpp"

#include <algorithm>

#include "scanner.hpp"

namespace lab::semver {

std::optional<std::uint64_t> Scanner::number() {
  const std::string_view digits = take_while(is_digit);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  if (digits.size() > 16) return kMostNumber + 1;  // 2^53 has 16 digits
  std::uint64_t value = 0;
  for (const char digit : digits)
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return std::min(value, kMostNumber + 1);
}

std::optional<std::string_view> Scanner::prerelease() {
  return identifiers(false);
}

std::optional<std::string_view> Scanner::build() {
  return identifiers(true);
}

std::optional<std::string_view> Scanner::identifiers(bool leading_zeros) {
  const char* const begin = rest_.data();
  do {
    const std::string_view one = take_while(in_identifier);
    if (one.empty()) return std::nullopt;
    const bool zero_first = one.size() > 1 && one.front() == '0';
    if (zero_first && !leading_zeros && std::ranges::all_of(one, is_digit))
      return std::nullopt;
  } while (take('.'));
  return std::string_view(begin, static_cast<std::size_t>(rest_.data() - begin));
}

namespace {

bool read(std::string_view text, Version& version) {
  if (text.size() > kLongestVersion) return false;
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  Scanner scanner(text);
  scanner.skip_blanks();
  scanner.take('v');

  for (std::uint64_t* number : {&version.major, &version.minor, &version.patch}) {
    if (number != &version.major && !scanner.take('.')) return false;
    const auto value = scanner.number();
    if (!value || *value > kMostNumber) return false;
    *number = *value;
  }
  if (scanner.take('-')) {
    const auto prerelease = scanner.prerelease();
    if (!prerelease) return false;
    version.prerelease = *prerelease;
  }
  if (scanner.take('+')) {
    const auto build = scanner.build();
    if (!build) return false;
    version.build = *build;
  }
  return scanner.at_end();
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  std::optional<Version> version(std::in_place);  // read in place: nothing is moved
  if (!read(text, *version)) version.reset();
  return version;
}

std::string Version::str() const {
  std::string text =
      std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
  if (!prerelease.empty()) text += '-' + prerelease;
  return text;
}

namespace {

// Numbers by their value and before words; words by their bytes. A number of any length:
// without a leading zero, the longer one is the larger one.
std::weak_ordering compare_identifiers(std::string_view left, std::string_view right) {
  const bool left_number = std::ranges::all_of(left, is_digit);
  const bool right_number = std::ranges::all_of(right, is_digit);
  if (left_number != right_number) return right_number <=> left_number;
  if (left_number && left.size() != right.size()) return left.size() <=> right.size();
  return left <=> right;
}

}  // namespace

// Identifier by identifier; of two that begin alike, the shorter one comes first.
std::weak_ordering Version::compare_prereleases(std::string_view left,
                                                std::string_view right) {
  // A release comes after all its pre-releases.
  if (left.empty() || right.empty()) return left.empty() <=> right.empty();
  while (!left.empty() && !right.empty()) {
    const std::string_view one = left.substr(0, left.find('.'));
    const std::string_view other = right.substr(0, right.find('.'));
    if (const auto order = compare_identifiers(one, other); std::is_neq(order))
      return order;
    left.remove_prefix(std::min(left.size(), one.size() + 1));
    right.remove_prefix(std::min(right.size(), other.size() + 1));
  }
  return right.empty() <=> left.empty();
}

}  // namespace lab::semver
