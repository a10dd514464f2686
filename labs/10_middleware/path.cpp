#include "path.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace lab10 {

namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const first = text.data() + i + 1;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(first, first + 2, byte, 16);
    if (error != std::errc() || end != first + 2) return std::nullopt;
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

bool same_but_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

Path::Path(std::string_view pattern, Kind kind) : kind_(kind) {
  while (!pattern.empty()) {
    const auto slash = std::min(pattern.find('/'), pattern.size());
    if (slash > 0) segments_.emplace_back(pattern.substr(0, slash));
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
  }
}

std::optional<std::size_t> Path::match(std::string_view path, Params& params) const {
  std::size_t at = 0;
  Params found;
  for (const auto& segment : segments_) {
    if (at >= path.size() || path[at] != '/') return std::nullopt;
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto part = path.substr(at + 1, end - at - 1);
    at = end;
    if (segment[0] != ':') {
      if (!same_but_case(segment, part)) return std::nullopt;
      continue;
    }
    if (part.empty()) return std::nullopt;
    found[segment.substr(1)] = part;
  }
  const auto left = path.substr(at);
  if (kind_ == Kind::whole ? left != "" && left != "/" : left != "" && left[0] != '/') {
    return std::nullopt;
  }
  for (auto& [name, part] : found) {
    auto text = decoded(part);
    if (!text) throw std::invalid_argument("Failed to decode param '" + part + "'");
    part = std::move(*text);
  }
  params = std::move(found);
  return at;
}

}  // namespace lab10
