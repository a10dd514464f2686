// exchange.hpp: one request and its response, as every middleware sees them.
//
// Lifetime  Both live until the response is sent, and as long as somebody keeps a Next.
// Errors    Setting a header of a response that was sent, or sending it again, throws
//           HeadersSent. A header value with a line break, and a status that is none, throw
//           std::invalid_argument.
// Source    Express 5: req.params, res.locals, res.status, res.headersSent.
// Left out  What res.send() adds (ETag, a charset), req.url without the prefix of app.use:
//           path() is always the whole path.
#pragma once

#include <strings.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "lab/net/http.hpp"
#include "path.hpp"

namespace lab10 {

class Request {
 public:
  explicit Request(lab::http::Request received) : received_(std::move(received)) {}

  std::string_view method() const { return received_.method; }
  std::string_view path() const {  // without the query
    return std::string_view(received_.target)
        .substr(0, received_.target.find_first_of("?#"));
  }
  std::string header(const char* name) const {  // empty: not there
    for (const auto& [key, value] : received_.headers)
      if (strcasecmp(key.c_str(), name) == 0) return value;
    return {};
  }

  Params params;  // "/u/:id" on "/u/7": id is "7"
  std::map<std::string, std::string>
      locals;  // what one middleware leaves for those after it

 private:
  lab::http::Request received_;
};

class HeadersSent : public std::logic_error {
 public:
  HeadersSent() : std::logic_error("ERR_HTTP_HEADERS_SENT") {}
};

class Response {
 public:
  using Reply = std::function<void(lab::http::Response)>;
  explicit Response(Reply reply) : reply_(std::move(reply)) {}

  bool sent() const { return !reply_; }
  Response& status(int status) {
    if (status < 100 || status > 999)
      throw std::invalid_argument(
          "Invalid status code: " + std::to_string(status) +
          ". Status code must be greater than 99 and less than 1000.");
    response_.status = status;
    return *this;
  }
  int status() const { return response_.status; }
  Response& set(std::string name, std::string value) {
    if ((name + value).find_first_of("\r\n") != std::string::npos)
      throw std::invalid_argument("ERR_INVALID_CHAR");
    unsent().headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  void send(std::string body) {
    unsent().body = std::move(body);
    // The reply may end this exchange: nothing of it is touched afterwards.
    std::exchange(reply_, nullptr)(std::move(response_));
  }

 private:
  lab::http::Response& unsent() {
    if (sent()) throw HeadersSent();
    return response_;
  }

  Reply reply_;  // empty once it was sent
  lab::http::Response response_;
};

}  // namespace lab10
