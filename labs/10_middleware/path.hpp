// path.hpp: which requests a middleware is for by their path, and what it reads from it.
//
//   "/u/:id.json" = "/u/" + any text of the segment + ".json", in upper or lower case
//
// A parameter takes as much of its segment as the rest of the pattern leaves. If it is not
// the first one in its segment, it stops at the text in front of it: of "/1-2-3",
// "/:from-:to" reads "1-2" and "3".
//
// Errors    A pattern that is none, or needs what is left out, throws std::invalid_argument.
// Source    path-to-regexp 8, with the options that Express 5 sets.
// Left out  *wildcards, {optional} parts, \escapes, quoted names and those beyond ASCII.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab10 {

using Params = std::map<std::string, std::string>;

struct PathMatch {
  Params params{};          // percent-decoded
  std::string malformed{};  // the first value that cannot be decoded
};

class PathPattern {
 public:
  enum class Covers : std::uint8_t { this_path, all_below };

  PathPattern(std::string_view pattern, Covers covers);

  // Nothing: it is another path.
  [[nodiscard]] std::optional<PathMatch> match(std::string_view path) const;

 private:
  struct Part {
    bool is_param;
    std::string text;  // of a parameter: its name
    std::string stop;  // the text in front of it, behind another one of its segment
  };
  using Values = std::vector<std::string_view>;

  void add_text(std::string_view text);
  void add_param(std::string_view name);
  bool match_from(std::size_t part, std::string_view rest, Values& values) const;
  bool match_param(std::size_t part, std::string_view rest, Values& values) const;

  std::vector<Part> parts_;
  Covers covers_;
};

// As decodeURIComponent; nothing if an escape is not two digits, or not part of UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace lab10
