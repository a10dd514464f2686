#include "redaction.hpp"

#include <stdexcept>

namespace lab26 {

namespace {

void redact(Json& value, std::span<const std::string> path) {
  if (path.empty()) {
    value = kRedacted;
  } else if (path[0] == "*" && value.is_structured()) {
    for (Json& each : value) redact(each, path.subspan(1));
  } else if (value.is_object() && value.contains(path[0])) {
    redact(value[path[0]], path.subspan(1));
  }
}

}  // namespace

Redaction::Redaction(std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    std::vector<std::string>& parts = paths_.emplace_back(1);
    for (const char c : path) {
      if (c == '.') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    for (const std::string& part : parts) {
      if (part.empty() || part.find_first_of("[]") != part.npos)
        throw std::invalid_argument("not a path to redact: " + path);
    }
  }
}

// Step 4: secrets are taken out where the line is made, so no destination ever has them.
std::optional<Json> Redaction::applied(std::string_view field, const Json* value) const {
  std::optional<Json> copy;
  for (const auto& path : paths_) {
    if (path[0] != "*" && path[0] != field) continue;
    if (path.size() == 1) return kRedacted;
    if (!value) continue;
    if (!copy) copy = *value;
    redact(*copy, std::span(path).subspan(1));
  }
  return copy;
}

}  // namespace lab26
