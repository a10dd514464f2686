#include "http_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace lab18 {

using lab::http::Headers;
using lab::http::Request;
using lab::http::Response;

namespace {

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& byte : small) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return small;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The parts between commas; a comma inside of quotes is none.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> found;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    found.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return found;
}

// As far as it is a number; 0 if it is none. RFC 9111 counts to 2^31 at most.
Seconds seconds(std::string_view text) {
  constexpr std::uint64_t kMost = 1ULL << 31;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) value = kMost;
  return Seconds(static_cast<double>(std::min(value, kMost)));
}

std::string opaque(std::string_view tag) {
  return std::string(tag.starts_with("W/") ? tag.substr(2) : tag);
}

void set_header(Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& one) { return lower(one.first) == name; });
  headers.emplace_back(name, std::move(value));
}

bool is_conditional(const Request& request) {
  return header(request.headers, "if-none-match") ||
         header(request.headers, "if-modified-since");
}

}  // namespace

std::optional<std::string> header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (lower(key) == name) return value;
  }
  return std::nullopt;
}

Directives directives(const std::optional<std::string>& cache_control) {
  Directives found;
  if (!cache_control) return found;
  for (const std::string_view part : parts(*cache_control)) {
    const auto equals = std::min(part.find('='), part.size());
    std::string_view value = trim(part.substr(std::min(equals + 1, part.size())));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    found.try_emplace(lower(trim(part.substr(0, equals))), value);
  }
  found.erase("");
  return found;
}

std::optional<WallTime> parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || end != text.c_str() + text.size()) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

// A tag of the client's counts as the same even if one of the two is weak: a body that means
// the same will do. "Reload" in a browser sends no-cache, and gets the body.
bool is_not_modified(const Request& request, const Response& response) {
  const auto tags = list_header(request.headers, "if-none-match");
  const auto since = header(request.headers, "if-modified-since");
  if (!tags && !since) return false;
  const auto control = directives(list_header(request.headers, "cache-control"));
  if (control.contains("no-cache")) return false;
  if (tags) {
    const auto ours = header(response.headers, "etag");
    if (*tags == "*") return true;
    return ours && std::ranges::any_of(parts(*tags), [&](std::string_view tag) {
             return opaque(tag) == opaque(*ours);
           });
  }
  const auto changed = header(response.headers, "last-modified");
  const auto then = parse_http_date(*since);
  const auto last = changed ? parse_http_date(*changed) : std::nullopt;
  return last && then && *last <= *then;
}

StoredResponse::StoredResponse(Request request, Response response, WallTime received,
                               For whom)
    : request_(std::move(request)),
      response_(std::move(response)),
      received_(received),
      whom_(whom),
      control_(directives(list_header(response_.headers, "cache-control"))) {
  const auto pragma = header(response_.headers, "pragma");
  if (!header(response_.headers, "cache-control") && pragma == "no-cache") {
    control_.emplace("no-cache", "");
  }
}

Seconds StoredResponse::number(const char* directive) const {
  const auto found = control_.find(directive);
  return found == control_.end() ? Seconds(0) : seconds(found->second);
}

bool StoredResponse::storable() const {
  static constexpr std::array kByDefault{200, 203, 204, 300, 301, 308,
                                         404, 405, 410, 414, 501};
  static constexpr std::array kIfTold{302, 303, 307};
  const bool is_shared = whom_ == For::everybody;
  const bool told = says("max-age") || (is_shared && says("s-maxage")) ||
                    says("public") || header(response_.headers, "expires");
  const bool known = std::ranges::count(kByDefault, response_.status) ||
                     (told && std::ranges::count(kIfTold, response_.status));
  const auto asked = directives(list_header(request_.headers, "cache-control"));
  if (request_.method != "GET" || !known) return false;
  if (says("no-store") || asked.contains("no-store")) return false;
  if (!is_shared) return true;
  return !says("private") &&
         (!header(request_.headers, "authorization") || says("must-revalidate") ||
          says("public") || says("s-maxage"));
}

// Step 7: how long it is fresh, counted from when the server made it.
Seconds StoredResponse::lifetime() const {
  const bool is_shared = whom_ == For::everybody;
  const Headers& headers = response_.headers;
  if (!storable() || says("no-cache")) return Seconds(0);
  if (list_header(headers, "vary") == "*") return Seconds(0);
  if (is_shared) {
    // What sets a cookie is meant for one user, unless the server says otherwise.
    if (header(headers, "set-cookie") && !says("public") && !says("immutable")) {
      return Seconds(0);
    }
    if (says("s-maxage")) return number("s-maxage");
  }
  if (says("max-age")) return number("max-age");

  const Seconds least(says("immutable") ? 24 * 3600 : 0);
  const auto date = header(headers, "date");
  const WallTime made = (date ? parse_http_date(*date) : received_).value_or(received_);
  if (const auto expires = header(headers, "expires")) {
    const auto until = parse_http_date(*expires);
    if (!until || *until < made) return Seconds(0);
    return std::max(least, Seconds(*until - made));
  }
  const auto modified = header(headers, "last-modified");
  const auto changed = modified ? parse_http_date(*modified) : std::nullopt;
  if (changed && *changed < made) return std::max(least, Seconds(made - *changed) * 0.1);
  return least;
}

Seconds StoredResponse::age(WallTime now) const {
  return seconds(header(response_.headers, "age").value_or("0")) + (now - received_);
}

bool StoredResponse::matches(const Request& request) const {
  if (request.method != request_.method || request.target != request_.target ||
      header(request.headers, "host") != header(request_.headers, "host")) {
    return false;
  }
  const auto vary = list_header(response_.headers, "vary");
  if (!vary) return true;
  return std::ranges::all_of(parts(lower(*vary)), [&](std::string_view name) {
    return name != "*" &&
           list_header(request.headers, name) == list_header(request_.headers, name);
  });
}

Use StoredResponse::use_for(const Request& request, WallTime now) const {
  const auto asked = directives(list_header(request.headers, "cache-control"));
  const auto wants = [&](const char* directive) {
    const auto found = asked.find(directive);
    return found == asked.end() ? std::nullopt : std::optional(seconds(found->second));
  };
  if (!matches(request) || asked.contains("no-cache") ||
      header(request.headers, "pragma") == "no-cache") {
    return Use::ask;
  }
  const Seconds age = this->age(now), left = lifetime() - age;
  if (const auto most = wants("max-age"); most && age > *most) return Use::ask;
  if (const auto least = wants("min-fresh"); least && left < *least) return Use::ask;
  if (left > Seconds(0)) return Use::fresh;
  const bool is_shared = whom_ == For::everybody;
  if (says("must-revalidate") || (is_shared && says("proxy-revalidate"))) return Use::ask;
  if (const auto most = wants("max-stale");
      most && (asked.at("max-stale").empty() || *most > -left))
    return Use::fresh;
  return number("stale-while-revalidate") > -left ? Use::stale_while_revalidate
                                                  : Use::ask;
}

Request StoredResponse::conditional(Request request) const {
  if (!matches(request) || !storable()) {
    std::erase_if(request.headers, [](const auto& one) {
      return lower(one.first) == "if-none-match" ||
             lower(one.first) == "if-modified-since";
    });
    return request;
  }
  if (const auto tag = header(response_.headers, "etag")) {
    const auto theirs = list_header(request.headers, "if-none-match");
    set_header(request.headers, "if-none-match", theirs ? *theirs + ", " + *tag : *tag);
  }
  const auto modified = header(response_.headers, "last-modified");
  if (modified && !header(request.headers, "if-modified-since")) {
    set_header(request.headers, "if-modified-since", *modified);
  }
  return request;
}

// The client's own validators were sent along, so a 304 may mean the response that it has
// itself: the one with the same validator is renewed (RFC 9111, 4.3.4). Without a
// validator it is ours if only our validators were sent; npm takes no such 304 for an
// entry that has one.
bool StoredResponse::is_renewed_by(const Request& request, const Response& reply) const {
  if (reply.status != 304) return false;
  const auto tag = header(response_.headers, "etag");
  const auto modified = header(response_.headers, "last-modified");
  if (const auto theirs = header(reply.headers, "etag")) {
    return tag && opaque(*tag) == opaque(*theirs);
  }
  if (const auto theirs = header(reply.headers, "last-modified")) {
    return modified == theirs;
  }
  return !is_conditional(request) || (!tag && !modified);
}

// A 304 has headers that renew those we have, and no body: ours is still right.
StoredResponse StoredResponse::after(const Request& request, Response reply,
                                     WallTime now) const {
  if (!is_renewed_by(request, reply)) return {request, std::move(reply), now, whom_};
  std::erase_if(reply.headers, [](const auto& one) {
    return lower(one.first) == "content-length" || lower(one.first) == "content-encoding";
  });
  Response renewed = response_;
  std::erase_if(renewed.headers, [&](const auto& one) {
    return header(reply.headers, lower(one.first)).has_value();
  });
  for (auto& [name, value] : reply.headers) {
    renewed.headers.emplace_back(lower(name), std::move(value));
  }
  return {request, std::move(renewed), now, whom_};
}

HttpCache::HttpCache(std::size_t entries, Send send, Clock clock)
    : entries_({.entries = entries}), send_(std::move(send)), clock_(std::move(clock)) {
}

HttpCache::Answer HttpCache::get(const Request& request) {
  const auto stored = entries_.get(request.target);
  if (!stored) return ask(request, std::nullopt);
  switch (stored->use_for(request, clock_())) {
    case Use::fresh:
      return {stored->response(), Source::cache};
    case Use::stale_while_revalidate:
      later_.push_back(request);
      return {stored->response(), Source::stale};
    case Use::ask:
      break;
  }
  return ask(request, stored);
}

HttpCache::Answer HttpCache::ask(const Request& request,
                                 const std::optional<StoredResponse>& old) {
  Response reply = send_(old ? old->conditional(request) : request);
  const bool is_renewed = old && old->is_renewed_by(request, reply);
  if (old && reply.status == 304 && !is_renewed && !is_conditional(request)) {
    reply = send_(request);  // the client has nothing that a 304 could mean
  }
  const StoredResponse now = old ? old->after(request, std::move(reply), clock_())
                                 : StoredResponse(request, std::move(reply), clock_());
  if (now.storable()) {
    entries_.set(request.target, now);
  } else {
    entries_.erase(request.target);
  }
  return {now.response(), is_renewed ? Source::revalidated : Source::server};
}

void HttpCache::revalidate() {
  for (const Request& request : std::exchange(later_, {})) {
    ask(request, entries_.get(request.target));
  }
}

}  // namespace lab18
