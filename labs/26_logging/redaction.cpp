#include "redaction.hpp"

#include <stdexcept>

namespace lab26 {

namespace {

std::vector<std::string> parts(std::string_view path) {
  std::vector<std::string> result(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.substr(i).starts_with("[*]")) {
      if (!result.back().empty()) result.emplace_back();  // else the path begins with it
      result.back() = "*";
      i += 2;
    } else if (path[i] == '.') {
      result.emplace_back();
    } else if (path[i] == '[' || path[i] == ']' || result.back() == "*") {
      throw std::invalid_argument("not a path to redact: " + std::string(path));
    } else {
      result.back() += path[i];
    }
  }
  for (const std::string& part : result) {
    if (part.empty()) {
      throw std::invalid_argument("a path to redact has an empty part: " +
                                  std::string(path));
    }
  }
  return result;
}

bool names(const std::string& part, std::string_view field) {
  return part == "*" || part == field;
}

void redact(Json& value, std::span<const std::string> path) {
  if (path.empty()) {
    value = kRedacted;
    return;
  }
  if (!value.is_structured()) return;  // the path leads nowhere
  if (path[0] == "*") {
    for (Json& each : value) redact(each, path.subspan(1));
  } else if (value.is_object()) {
    if (const auto found = value.find(path[0]); found != value.end()) {
      redact(*found, path.subspan(1));
    }
  }
}

}  // namespace

Redaction::Redaction(std::span<const std::string> paths) {
  for (const std::string& path : paths) paths_.push_back(parts(path));
}

bool Redaction::covers(std::string_view field) const {
  for (const auto& path : paths_) {
    if (path.size() == 1 && names(path[0], field)) return true;
  }
  return false;
}

// Step 4: secrets are taken out where the line is made, so no destination ever has them.
std::optional<Json> Redaction::applied(std::string_view field, const Json& value) const {
  std::optional<Json> copy;
  for (const auto& path : paths_) {
    if (path.size() == 1 || !names(path[0], field)) continue;
    if (!copy) copy = value;
    redact(*copy, std::span(path).subspan(1));
  }
  return copy;
}

}  // namespace lab26
