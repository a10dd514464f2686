#include "lab/semver/range.hpp"

#include <algorithm>
#include <set>

#include "scanner.hpp"

namespace lab::semver {
namespace {

using Is = Bound::Is;
using Number = std::optional<std::uint64_t>;

// "1", "1.2", "1.x.x", "1.2.3-rc.1": a number that is an x, or is not there, is nothing.
struct Partial {
  Number major;
  Number minor;
  Number patch;
  std::string prerelease;
  std::string_view prefix;      // what stands before it: "v", or more of that
  bool number_after_x = false;  // "1.x.3"

  bool whole() const { return patch && minor && major; }
};

bool is_x(char byte) {
  return byte == 'x' || byte == 'X' || byte == '*';
}

// A build says nothing about what is allowed.
std::string without_builds(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  Scanner scanner(text);
  while (!scanner.at_end()) {
    kept += scanner.take_while([](char byte) { return byte != '+'; });
    if (!scanner.take('+')) break;
    std::string_view build = scanner.take_while(in_identifier);
    if (build.empty()) kept += '+';  // none: the range is refused for it
    while (!build.empty() && scanner.peek() == '.') {
      Scanner ahead = scanner;
      ahead.take('.');
      build = ahead.take_while(in_identifier);
      if (!build.empty()) scanner = ahead;
    }
  }
  return kept;
}

// One alternative of a range, between two ||.
class Alternative {
 public:
  Alternative(std::string_view text, Prereleases prereleases)
      : text_(text), all_(prereleases == Prereleases::all) {}

  std::optional<Range::Bounds> parse() {
    if (!parse_hyphen() && !parse_comparators()) return std::nullopt;
    if (too_large_) return std::nullopt;
    if (nothing_) return Range::Bounds{{Is::less, {0, 0, 0, "0"}}};
    return std::move(bounds_);
  }

 private:
  // "1.2.3 - 2.3": the whole alternative, or it is none.
  bool parse_hyphen() {
    Scanner scanner(text_);
    const auto blank_too = [](char byte) {
      return byte == 'v' || byte == '=' || is_blank(byte);
    };
    scanner.skip_blanks();
    const auto from = partial(scanner, scanner.take_while(blank_too));
    if (!from || scanner.take_while(is_blank).empty() || !scanner.take('-')) return false;
    if (scanner.take_while(is_blank).empty()) return false;
    const auto to = partial(scanner, scanner.take_while(blank_too));
    scanner.skip_blanks();
    if (!to || !scanner.at_end() || badly_prefixed(*from)) return false;

    if (from->major) at_least(*from, all_);
    if (!to->whole()) {
      below_next(*to);
    } else if (all_ && to->prerelease.empty()) {
      below(*to->major, *to->minor, *to->patch + 1);
    } else if (to->prerelease.empty() && badly_prefixed(*to)) {
      return false;
    } else {
      add(Is::at_most, version_of(*to));
    }
    return true;
  }

  bool parse_comparators() {
    Scanner scanner(text_);
    scanner.skip_blanks();
    while (!scanner.at_end()) {
      if (!parse_comparator(scanner)) return false;
      if (!scanner.at_end() && scanner.take_while(is_blank).empty()) return false;
    }
    return true;
  }

  // An operator, "v" or "=" or more of these, and a version or a part of one.
  bool parse_comparator(Scanner& scanner) {
    const bool caret = scanner.take('^');
    const bool tilde = !caret && scanner.take('~');
    if (caret || tilde) scanner.skip_blanks();
    const bool greater = scanner.take('>');
    const bool less = !greater && scanner.take('<');
    bool equal = scanner.take('=');
    scanner.skip_blanks();
    equal = equal || scanner.take('=');  // "> =1.2"
    const auto asked =
        partial(scanner,
                scanner.take_while([](char byte) { return byte == 'v' || byte == '='; }));
    if (!asked || (caret && (greater || less)) || (tilde && less)) return false;

    if (caret) return add_caret(*asked);
    if (tilde) return add_tilde(*asked);  // "~>" too, as Ruby writes it
    if (badly_prefixed(*asked) || asked->number_after_x) return false;
    if (greater) return add_comparison(equal ? Is::at_least : Is::greater, *asked);
    if (less) return add_comparison(equal ? Is::at_most : Is::less, *asked);
    if (!asked->whole()) return add_tilde(*asked);  // an x-range: "1.2", "1.2.x"
    return add(Is::equal, version_of(*asked));
  }

  std::optional<Partial> partial(Scanner& scanner, std::string_view prefix) {
    Partial result;
    result.prefix = prefix;
    const std::string_view before = scanner.rest();
    bool open = true;  // no x so far
    for (Number* number : {&result.major, &result.minor, &result.patch}) {
      if (number != &result.major && !scanner.take('.')) return result;
      if (is_x(scanner.peek())) {
        scanner.take(scanner.peek());
        open = false;
        continue;
      }
      *number = scanner.number();
      if (!*number) return std::nullopt;
      result.number_after_x = result.number_after_x || !open;
    }
    if (scanner.take('-')) {
      const auto prerelease = scanner.prerelease();
      if (!prerelease) return std::nullopt;
      result.prerelease = *prerelease;
    }
    too_large_ = too_large_ || before.size() - scanner.rest().size() > kLongestVersion;
    return result;
  }

  // npm hands a whole version on as it was written, and then "=v1.2.3" is none.
  static bool badly_prefixed(const Partial& asked) {
    return asked.whole() && asked.prefix != "" && asked.prefix != "v";
  }

  // Up to the next version that may be incompatible: the first number that is not zero
  // changes.
  bool add_caret(const Partial& asked) {
    if (!asked.major) return true;
    at_least(asked, all_ && !asked.whole());
    if (*asked.major > 0 || !asked.minor) return below(*asked.major + 1, 0, 0);
    if (*asked.minor > 0 || !asked.patch) return below(0, *asked.minor + 1, 0);
    return below(0, 0, *asked.patch + 1);
  }

  // The last number that is asked for may change; with three numbers, the patch.
  bool add_tilde(const Partial& asked) {
    if (!asked.major) return true;
    at_least(asked, all_ && !asked.whole());
    if (!asked.minor) return below(*asked.major + 1, 0, 0);
    return below(*asked.major, *asked.minor + 1, 0);
  }

  bool add_comparison(Is is, const Partial& asked) {
    if (asked.whole()) return add(is, version_of(asked));
    if (!asked.major) {
      nothing_ = nothing_ || is == Is::greater || is == Is::less;
      return true;
    }
    const std::uint64_t minor = asked.minor.value_or(0);
    switch (is) {
      case Is::less:
        return below(*asked.major, minor, 0);
      case Is::at_least:
        return at_least(asked, all_);
      case Is::at_most:
        return below_next(asked);
      default:  // ">1.2" begins at 1.3.0
        return add(Is::at_least,
                   asked.minor ? Version{*asked.major, minor + 1, 0, all_ ? "0" : ""}
                               : Version{*asked.major + 1, 0, 0, all_ ? "0" : ""});
    }
  }

  static Version version_of(const Partial& asked) {
    return {*asked.major, asked.minor.value_or(0),
            asked.minor ? asked.patch.value_or(0) : 0,
            asked.whole() ? asked.prerelease : ""};
  }

  bool at_least(const Partial& asked, bool from_first_prerelease) {
    Version version = version_of(asked);
    if (from_first_prerelease && version.prerelease.empty()) version.prerelease = "0";
    return add(Is::at_least, version);
  }

  bool below_next(const Partial& asked) {
    if (!asked.major) return true;
    return asked.minor ? below(*asked.major, *asked.minor + 1, 0)
                       : below(*asked.major + 1, 0, 0);
  }

  bool below(std::uint64_t major, std::uint64_t minor, std::uint64_t patch) {
    return add(Is::less, {major, minor, patch, "0"});
  }

  bool add(Is is, const Version& version) {
    too_large_ = too_large_ || version.major > kMostNumber ||
                 version.minor > kMostNumber || version.patch > kMostNumber;
    const bool zero = version.major == 0 && version.minor == 0 && version.patch == 0;
    if (zero && is == Is::less && version.prerelease == "0") nothing_ = true;
    if (zero && is == Is::at_least && version.prerelease == (all_ ? "0" : ""))
      return true;  // allows everything: no bound
    bounds_.push_back({is, version});
    return true;
  }

  std::string_view text_;
  bool all_;
  Range::Bounds bounds_;
  bool nothing_ = false;  // nothing is below 0.0.0-0
  bool too_large_ = false;
};

std::vector<std::string_view> split_at_or(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find("||");
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 2);
  }
}

bool allows_nothing(const Range::Bounds& bounds) {
  return !bounds.empty() && bounds[0].str() == "<0.0.0-0";
}

}  // namespace

bool Bound::allows(const Version& other) const {
  const auto order = other <=> version;
  switch (is) {
    case Is::less:
      return order < 0;
    case Is::at_most:
      return order <= 0;
    case Is::equal:
      return order == 0;
    case Is::at_least:
      return order >= 0;
    case Is::greater:
      return order > 0;
  }
  return false;
}

std::string Bound::str() const {
  static constexpr std::string_view kSigns[] = {"<", "<=", "", ">=", ">"};
  return std::string(kSigns[static_cast<std::size_t>(is)]) + version.str();
}

std::optional<Range> Range::parse(std::string_view text, Prereleases prereleases) {
  std::vector<Bounds> either;
  for (const std::string_view part : split_at_or(text)) {
    auto bounds = Alternative(without_builds(part), prereleases).parse();
    if (!bounds) return std::nullopt;
    either.push_back(std::move(*bounds));
  }
  // What allows nothing adds nothing, unless there is nothing else. What allows everything
  // makes the others idle, and the pre-releases that they name are no longer named: npm
  // does so.
  const bool all_nothing = std::ranges::all_of(either, allows_nothing);
  if (all_nothing)
    either.resize(1);
  else
    std::erase_if(either, allows_nothing);
  const auto everything = std::ranges::find_if(either, &Bounds::empty);
  if (everything != either.end()) either = {Bounds{}};
  return Range(std::move(either), prereleases);
}

bool Range::allows(const Version& version) const {
  const auto names = [&](const Bound& bound) {
    return !bound.version.prerelease.empty() && bound.version.major == version.major &&
           bound.version.minor == version.minor && bound.version.patch == version.patch;
  };
  const bool must_be_named =
      !version.prerelease.empty() && prereleases_ == Prereleases::named;
  return std::ranges::any_of(either_, [&](const Bounds& bounds) {
    const auto allows = [&](const Bound& bound) { return bound.allows(version); };
    return std::ranges::all_of(bounds, allows) &&
           (!must_be_named || std::ranges::any_of(bounds, names));
  });
}

std::string Range::str() const {
  std::string text;
  for (const Bounds& bounds : either_) {
    if (!text.empty()) text += "||";
    std::set<std::string> written;
    for (const Bound& bound : bounds) {
      const std::string one = bound.str();
      if (!written.insert(one).second) continue;
      if (written.size() > 1) text += ' ';
      text += one;
    }
  }
  return text.empty() ? "*" : text;
}

}  // namespace lab::semver
