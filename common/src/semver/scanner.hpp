// scanner.hpp: the words that versions and ranges are made of, taken from the front of a
// text. Each takes all that it can and never goes back, so a text is read once.
#pragma once

#include <optional>
#include <string_view>

#include "lab/semver/version.hpp"

namespace lab::semver {

// Objects and not functions: what is given to take_while() is then compiled into it.
inline constexpr auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
inline constexpr auto is_blank = [](char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
};
inline constexpr auto in_identifier = [](char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-';
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char byte) {
    if (at_end() || rest_.front() != byte) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <class Fits>
  std::string_view take_while(Fits fits) {
    std::size_t size = 0;
    while (size < rest_.size() && fits(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  void skip_blanks() { take_while(is_blank); }

  // "0", or digits that begin with another one; kMostNumber + 1 for all that are too large.
  std::optional<std::uint64_t> number();
  // What stands behind a `-`: identifiers with dots between them.
  std::optional<std::string_view> prerelease();
  // What stands behind a `+`.
  std::optional<std::string_view> build();

 private:
  std::optional<std::string_view> identifiers(bool leading_zeros);

  std::string_view rest_;
};

}  // namespace lab::semver
