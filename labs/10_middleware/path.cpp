#include "path.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace lab10 {

namespace {

constexpr std::string_view kNotSupported = "{}()[]+?!*\\";

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

bool starts_with(std::string_view text, std::string_view prefix) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), same);
}

}  // namespace

PathPattern::PathPattern(std::string_view pattern, Covers covers) : covers_(covers) {
  const std::string whole(pattern);
  if (pattern.find_first_of(kNotSupported) != std::string_view::npos)
    throw std::invalid_argument(whole + ": only text and :parameters are supported");
  while (pattern.size() > 1 && pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern == "/" && covers == Covers::all_below) return;
  while (!pattern.empty()) {
    const std::size_t text = std::min(pattern.find(':'), pattern.size());
    if (text > 0) add_text(pattern.substr(0, text));
    pattern.remove_prefix(text);
    if (pattern.empty()) return;
    pattern.remove_prefix(1);
    const auto end = std::find_if_not(pattern.begin(), pattern.end(), is_name);
    const auto size = static_cast<std::size_t>(end - pattern.begin());
    if (size == 0 || std::isdigit(static_cast<unsigned char>(pattern.front())))
      throw std::invalid_argument(whole + ": a parameter has no name");
    add_param(pattern.substr(0, size));
    pattern.remove_prefix(size);
  }
}

void PathPattern::add_text(std::string_view text) {
  parts_.push_back({.is_param = false, .text = std::string(text), .stop = {}});
}

void PathPattern::add_param(std::string_view name) {
  Part part{.is_param = true, .text = std::string(name), .stop = {}};
  if (!parts_.empty() && parts_.back().is_param)
    throw std::invalid_argument("no text in front of the parameter " + part.text);
  if (parts_.size() > 1 && parts_.back().text.find('/') == std::string::npos)
    part.stop = parts_.back().text;
  parts_.push_back(std::move(part));
}

std::optional<PathMatch> PathPattern::match(std::string_view path) const {
  PathMatch found;
  if (parts_.empty() && covers_ == Covers::all_below) return found;
  Values values;
  if (!match_from(0, path, values)) return std::nullopt;
  auto value = values.begin();
  for (const Part& part : parts_) {
    if (!part.is_param) continue;
    auto decoded = percent_decoded(*value);
    if (!decoded) {
      found.malformed = *value;
      return found;
    }
    found.params.insert_or_assign(part.text, std::move(*decoded));
    ++value;
  }
  return found;
}

bool PathPattern::match_from(std::size_t part, std::string_view rest,
                             Values& values) const {
  if (part == parts_.size())
    return rest.empty() || rest == "/" ||
           (covers_ == Covers::all_below && rest.front() == '/');
  if (parts_[part].is_param) return match_param(part, rest, values);
  const std::string& text = parts_[part].text;
  return starts_with(rest, text) &&
         match_from(part + 1, rest.substr(text.size()), values);
}

// The longest value first, and as a last resort the text at which it stops.
bool PathPattern::match_param(std::size_t part, std::string_view rest,
                              Values& values) const {
  const std::string& stop = parts_[part].stop;
  const auto take = [&](std::size_t size) {
    values.push_back(rest.substr(0, size));
    if (match_from(part + 1, rest.substr(size), values)) return true;
    values.pop_back();
    return false;
  };
  std::size_t size = 0;
  while (size < rest.size() && rest[size] != '/' &&
         (stop.empty() || !starts_with(rest.substr(size), stop)))
    ++size;
  for (; size > 0; --size)
    if (take(size)) return true;
  return !stop.empty() && starts_with(rest, stop) && take(stop.size());
}

namespace {

// Takes "%41" off the front: 0x41.
std::optional<unsigned> take_escape(std::string_view& text) {
  unsigned byte = 0;
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  if (std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr != text.data() + 3)
    return std::nullopt;
  text.remove_prefix(3);
  return byte;
}

// The bytes of one character, all of them escaped. UTF-8 has one way to write each
// character, and none for half of a surrogate pair.
bool take_character(std::string_view& text, std::string& decoded) {
  const auto first = take_escape(text);
  if (!first) return false;
  decoded += static_cast<char>(*first);
  if (*first < 0x80) return true;
  const unsigned more = *first >= 0xf0 ? 3 : *first >= 0xe0 ? 2 : 1;
  unsigned code = *first & (0x3fu >> more);
  for (unsigned i = 0; i < more; ++i) {
    const auto next = take_escape(text);
    if (!next || (*next & 0xc0) != 0x80) return false;
    decoded += static_cast<char>(*next);
    code = code << 6 | (*next & 0x3f);
  }
  static constexpr unsigned kLeast[] = {0, 0x80, 0x800, 0x10000};
  return *first >= 0xc0 && *first < 0xf8 && code >= kLeast[more] && code < 0x110000 &&
         (code < 0xd800 || code > 0xdfff);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('%'), text.size());
    decoded += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty() && !take_character(text, decoded)) return std::nullopt;
  }
  return decoded;
}

}  // namespace lab10
