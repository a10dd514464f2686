// redaction.hpp: what must never be in a log, named by its path.
//
//   "password"  "user.password"  "cards.*.number"  "*.token"
//
// A path begins at the top of the line's fields. "*" stands for each name, or each element,
// of one depth.
//
// Errors    A path with an empty part or a bracket throws std::invalid_argument.
// Cost      One comparison for each path and field; a nested value is copied if a path
//           may lead into it.
// Source    pino's redact (fast-redact), which also writes "cards[*].number".
// Left out  A name at any depth, brackets, and text: a secret within a message or within a
//           string that holds JSON is not found.
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

  // What to write of this field instead, if a path leads to it or into it. `value` is null
  // for a field that has nothing within.
  std::optional<Json> applied(std::string_view field, const Json* value) const;

 private:
  std::vector<std::vector<std::string>> paths_;
};

}  // namespace lab26
