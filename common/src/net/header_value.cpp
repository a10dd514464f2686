#include "lab/net/header_value.hpp"

#include <algorithm>
#include <cstring>

namespace lab::http {

namespace {

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

// A run of characters that a name may have, and those of `more`.
std::string take_token(std::string_view& text, std::string_view more = "") {
  const auto is_token = [more](char c) {
    return (c > ' ' && c < 127 && !std::strchr("\"(),/:;<=>?@[\\]{}", c)) ||
           more.find(c) != more.npos;
  };
  const auto size = std::ranges::find_if_not(text, is_token) - text.begin();
  const std::string token(text.substr(0, static_cast<std::size_t>(size)));
  text.remove_prefix(token.size());
  return token;
}

std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && (next == '"' || next == '\\')) ++i;
    value += text[i];
  }
  return std::nullopt;
}

}  // namespace

std::optional<Headers> parse_headers(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    if (end == lines.npos) return std::nullopt;
    std::string_view value = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    std::string name = take_token(value);
    if (name.empty() || !value.starts_with(":")) return std::nullopt;
    value.remove_prefix(1);
    skip_blanks(value);
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    const auto is_control = [](unsigned char c) {
      return (c < 32 && c != '\t') || c == 127;
    };
    if (std::ranges::any_of(value, is_control)) return std::nullopt;
    headers.emplace_back(std::move(name), value);
  }
  return headers;
}

std::string find_header(const Headers& headers, std::string_view name) {
  const std::string wanted = lower(name);
  for (const auto& [key, value] : headers)
    if (lower(key) == wanted) return value;
  return {};
}

std::optional<std::string> list_header(const Headers& headers, std::string_view name) {
  const std::string wanted = lower(name);
  std::optional<std::string> list;
  for (const auto& [key, value] : headers) {
    if (lower(key) != wanted) continue;
    list = list ? *list + ", " + value : value;
  }
  return list;
}

std::size_t count_headers(const Headers& headers, std::string_view name) {
  const auto is_it = [wanted = lower(name)](const auto& one) {
    return lower(one.first) == wanted;
  };
  return static_cast<std::size_t>(std::ranges::count_if(headers, is_it));
}

std::string HeaderValue::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::optional<HeaderValue> parse_header_value(std::string_view text) {
  HeaderValue made{.value = lower(take_token(text, "/"))};
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    skip_blanks(text);
    const std::string name = lower(take_token(text));
    if (name.empty() || !text.starts_with("=")) return std::nullopt;
    text.remove_prefix(1);
    const auto value = text.starts_with("\"") ? take_quoted(text) : take_token(text);
    if (!value) return std::nullopt;
    made.parameters.try_emplace(name, *value);
  }
  return made;
}

}  // namespace lab::http
