// header_value.hpp: header lines, and values such as `form-data; name="a"; filename="b"`.
//
// For what reads a head by itself: a request whose body is not kept, a part of a multipart.
//
// Errors    Malformed text is nullopt.
// Surprise  In quotes a backslash escapes a quote or itself, and is plain text before
//           anything else: browsers of old sent whole paths, as in "C:\photo.png".
// Source    RFC 9110, 5.5 and 5.6; folded lines are malformed, as RFC 9112 has it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lab/net/http.hpp"

namespace lab::http {

// "Name: value\r\n", any number of them.
std::optional<Headers> parse_headers(std::string_view lines);

// The first of that name, in whichever case it is written; empty if there is none.
std::string find_header(const Headers& headers, std::string_view name);
std::size_t count_headers(const Headers& headers, std::string_view name);

// All of that name as the one list that they are (RFC 9110, 5.3); nullopt if there is none.
std::optional<std::string> list_header(const Headers& headers, std::string_view name);

struct HeaderValue {
  std::string value{};  // in small letters
  std::map<std::string, std::string>
      parameters{};  // names in small letters; the first counts

  std::string parameter(const std::string& name) const;  // empty if there is none
};
std::optional<HeaderValue> parse_header_value(std::string_view text);

}  // namespace lab::http
