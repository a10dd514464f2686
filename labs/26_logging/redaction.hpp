// redaction.hpp: what must never be in a log, named by its path.
//
//   "password"  "user.password"  "cards[*].number"  "*.token"
//
// A path begins at the top of the line's fields. "*" and "[*]" stand for each name or each
// element of one depth.
//
// Errors    A path that is empty or has an empty part throws std::invalid_argument.
// Cost      One comparison for each path and field; a nested value is copied if a path
//           may lead into it.
// Source    pino's redact (fast-redact).
// Left out  A name at any depth, ["quoted-names"], and text: a secret within a message or
//           within a string that holds JSON is not found.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lab26 {

using Json = nlohmann::ordered_json;

inline constexpr std::string_view kRedacted = "[Redacted]";

class Redaction {
 public:
  explicit Redaction(std::span<const std::string> paths = {});

  // True if a path ends at this field: all of its value goes.
  bool covers(std::string_view field) const;
  // The value without what a path leads to; nothing if no path enters the field.
  std::optional<Json> applied(std::string_view field, const Json& value) const;

 private:
  std::vector<std::vector<std::string>> paths_;
};

}  // namespace lab26
