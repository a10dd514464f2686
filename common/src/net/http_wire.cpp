#include "net/http_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <optional>
#include <string_view>

namespace lab::http {

namespace {

namespace beast = boost::beast;
using beast::error_code;

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Hands bytes to one of Beast's parsers, as long as it makes progress.
template <class Parser>
error_code feed(Parser& parser, std::string& bytes) {
  error_code error;
  while (!bytes.empty() && !parser.is_done()) {
    const bool had_header = parser.is_header_done();
    const std::size_t used =
        parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    bytes.erase(0, used);
    if (error == beast::http::error::need_more) return {};
    if (error || !used || had_header != parser.is_header_done()) break;
  }
  return error;
}

template <class Message>
Headers headers_of(const Message& message) {
  Headers headers;
  for (const auto& field : message)
    headers.emplace_back(field.name_string(), field.value());
  return headers;
}

std::string joined(const Headers& headers, std::string_view name) {
  std::string all;
  for (const auto& [key, value] : headers)
    if (same(key, name)) all += (all.empty() ? "" : ",") + value;
  return all;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// RFC 9112, 6.1: a body whose last coding is not chunked has no end that both sides agree
// on, and what follows it would be taken for a request.
std::optional<int> refuse_coding(const Request& request, unsigned version) {
  const std::string codings = joined(request.headers, "Transfer-Encoding");
  if (codings.empty()) return std::nullopt;
  if (version < 11) return 400;  // a proxy of that age has not understood it
  if (same(trimmed(codings), "chunked")) return std::nullopt;
  const std::string_view last = trimmed(std::string_view(codings).substr(
      codings.rfind(',') == std::string::npos ? 0 : codings.rfind(',') + 1));
  return same(last, "chunked") ? 501 : 400;
}

// RFC 9112, 3.2: exactly one, in every request of HTTP/1.1.
bool names_its_host(const Request& request, unsigned version) {
  std::size_t hosts = 0;
  for (const auto& [name, value] : request.headers) {
    if (!same(name, "Host")) continue;
    ++hosts;
    if (value.find_first_of(" \t,/?#@\\") != std::string::npos) return false;
  }
  return hosts == 1 || (hosts == 0 && version < 11);
}

// RFC 9112, 3.2.2: of "http://a:1/x?y", a:1 is the host, whatever the header says, and /x?y
// what is asked for. False if it is a target of no form.
bool to_origin_form(Request& request) {
  if (request.target.starts_with('/') || request.target == "*" ||
      request.method == "CONNECT")
    return true;
  const std::size_t scheme = request.target.find("://");
  if (scheme == std::string::npos || scheme == 0) return false;
  if (!std::all_of(request.target.begin(),
                   request.target.begin() + static_cast<std::ptrdiff_t>(scheme),
                   [](unsigned char c) {
                     return std::isalnum(c) || c == '+' || c == '-' || c == '.';
                   }))
    return false;
  const std::string rest = request.target.substr(scheme + 3);
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  if (path == 0) return false;
  request.target = rest.substr(path);
  if (!request.target.starts_with('/')) request.target.insert(0, "/");
  for (auto& [name, value] : request.headers)
    if (same(name, "Host")) value = rest.substr(0, path);
  return true;
}

int status_of(const error_code& error) {
  if (error == beast::http::error::body_limit) return 413;
  if (error == beast::http::error::header_limit) return 431;
  return 400;
}

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) || kTokenMarks.find(static_cast<char>(c)) != std::string::npos;
  });
}

bool is_one_line(std::string_view text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });
}

bool are_headers(const Headers& headers) {
  return std::ranges::all_of(headers, [](const auto& header) {
    return is_token(header.first) && is_one_line(header.second);
  });
}

bool can_be_sent(const Response& response) {
  return response.status >= 100 && response.status <= 999 &&
         is_one_line(response.content_type) && are_headers(response.headers);
}

// These frame the message: whoever writes the bytes decides them.
bool frames(std::string_view name) {
  return same(name, "Content-Length") || same(name, "Transfer-Encoding") ||
         same(name, "Connection");
}

bool has(const Headers& headers, std::string_view name) {
  return std::ranges::any_of(headers,
                             [&](const auto& one) { return same(one.first, name); });
}

}  // namespace

struct RequestReader::Impl {
  beast::http::request_parser<beast::http::string_body> parser;
  std::size_t header_limit;
  std::optional<Request> request{};  // once its head has come; trailers do not join it
  Response refusal{};

  Progress refuse(int status, std::string_view why) {
    refusal = {.status = status, .body = std::string(why) + "\n"};
    return Progress::bad;
  }

  // `more` if there is nothing against it.
  Progress judge_head() {
    const auto& message = parser.get();
    request = {.method = std::string(message.method_string()),
               .target = std::string(message.target()),
               .headers = headers_of(message)};
    const unsigned version = message.version();
    if (!names_its_host(*request, version)) return refuse(400, "there must be one Host");
    if (const auto status = refuse_coding(*request, version))
      return refuse(*status, "a Transfer-Encoding other than chunked");
    if (!to_origin_form(*request)) return refuse(400, "the target is of no known form");
    const std::string expected = joined(request->headers, "Expect");
    if (expected.empty() || version < 11) return Progress::more;
    if (!same(expected, "100-continue")) return refuse(417, "only 100-continue is met");
    return parser.is_done() ? Progress::more : Progress::expected;
  }
};

RequestReader::RequestReader(WireLimits limits)
    : impl_(new Impl{.parser = {}, .header_limit = limits.header}) {
  impl_->parser.header_limit(static_cast<std::uint32_t>(limits.header));
  impl_->parser.body_limit(limits.body);
}
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;
RequestReader::~RequestReader() = default;

Progress RequestReader::read(std::string& bytes) {
  for (;;) {
    const error_code error = feed(impl_->parser, bytes);
    if (error) return impl_->refuse(status_of(error), error.message());
    const bool head_has_come = impl_->parser.is_header_done();
    if (head_has_come && !impl_->request) {
      impl_->parser.eager(true);
      const Progress head = impl_->judge_head();
      if (head == Progress::expected && !bytes.empty()) continue;  // it did not wait
      if (head != Progress::more) return head;
      continue;
    }
    if (impl_->parser.is_done()) return Progress::whole;
    // What is left is half a line: of the header, before a chunk, or behind the last one.
    if (bytes.size() > impl_->header_limit)
      return impl_->refuse(head_has_come ? 400 : 431, "a line without an end");
    return Progress::more;
  }
}

Request RequestReader::take() {
  impl_->request->body = std::move(impl_->parser.get().body());
  return std::move(*impl_->request);
}

bool RequestReader::keep_alive() const {
  return impl_->parser.keep_alive();
}

bool RequestReader::wants_head() const {
  return impl_->request && impl_->request->method == "HEAD";
}

const Response& RequestReader::refusal() const {
  return impl_->refusal;
}

namespace {

// Far above what a lab's server sends. Without it a peer that claims more would make the
// parser ask for as much memory, and that may throw.
constexpr std::uint64_t kReplyLimit = 1 << 30;

}  // namespace

struct ResponseReader::Impl {
  using Parser = beast::http::response_parser<beast::http::string_body>;

  explicit Impl(bool to) : to_head(to) { begin(); }

  void begin() {
    parser.emplace();
    parser->body_limit(kReplyLimit);
    parser->skip(to_head);
    parser->eager(true);
  }
  Progress fail(const error_code& why) {
    error = why.message();
    return Progress::bad;
  }

  bool to_head;
  std::optional<Parser> parser{};
  std::string error{};
};

ResponseReader::ResponseReader(bool to_head) : impl_(std::make_unique<Impl>(to_head)) {
}
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;
ResponseReader::~ResponseReader() = default;

Progress ResponseReader::read(std::string& bytes) {
  for (;;) {
    if (const error_code error = feed(*impl_->parser, bytes)) return impl_->fail(error);
    if (!impl_->parser->is_done()) {
      if (impl_->parser->is_header_done() && !bytes.empty()) continue;
      return Progress::more;
    }
    const unsigned status = impl_->parser->get().result_int();
    if (status / 100 != 1 || status == 101) return Progress::whole;
    impl_->begin();  // "100 Continue" and the like: the reply itself comes next
  }
}

Progress ResponseReader::end() {
  error_code error;
  impl_->parser->put_eof(error);
  return error ? impl_->fail(error) : Progress::whole;
}

Response ResponseReader::take() {
  auto& message = impl_->parser->get();
  Response response{.status = static_cast<int>(message.result_int()),
                    .body = std::move(message.body())};
  response.content_type = std::string(message[beast::http::field::content_type]);
  response.headers = headers_of(message);
  return response;
}

bool ResponseReader::keep_alive() const {
  return impl_->parser->keep_alive();
}

const std::string& ResponseReader::error() const {
  return impl_->error;
}

bool closes(const Headers& headers) {
  return same(trimmed(joined(headers, "Connection")), "close");
}

std::string to_bytes(const Response& response, ReplyTo to) {
  if (!can_be_sent(response)) return to_bytes({.status = 500}, to);
  const int status = response.status;
  const bool bodiless = status < 200 || status == 204 || status == 304;
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", status,
                  std::string_view(beast::http::obsolete_reason(
                      beast::http::int_to_status(static_cast<unsigned>(status)))));
  const std::string_view body =
      bodiless || status == 205 ? std::string_view{} : std::string_view(response.body);
  if (!bodiless) {
    if (!has(response.headers, "Content-Type"))
      text += fmt::format("Content-Type: {}\r\n", response.content_type);
    text += fmt::format("Content-Length: {}\r\n", body.size());
  }
  text += to.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  for (const auto& [name, value] : response.headers)
    if (!frames(name)) text += fmt::format("{}: {}\r\n", name, value);
  text += "\r\n";
  if (!to.head) text += body;
  return text;
}

std::string to_bytes(const Request& request, const std::string& host) {
  const bool sound = is_token(request.method) && !request.target.empty() &&
                     is_one_line(request.target) &&
                     request.target.find_first_of(" \t") == std::string::npos &&
                     are_headers(request.headers);
  if (!sound) return {};
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  if (!has(request.headers, "Host")) text += fmt::format("Host: {}\r\n", host);
  for (const auto& [name, value] : request.headers)
    text += fmt::format("{}: {}\r\n", name, value);
  const bool framed =
      has(request.headers, "Content-Length") || has(request.headers, "Transfer-Encoding");
  const bool may_have_body = request.method == "POST" || request.method == "PUT" ||
                             request.method == "PATCH" || !request.body.empty();
  if (may_have_body && !framed)
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  return text + "\r\n" + request.body;
}

}  // namespace lab::http
