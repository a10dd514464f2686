// exchange.hpp: one request and its response, as every layer sees them.
//
// Lifetime  Both are valid as long as somebody keeps a Next of this request.
// Errors    Changing a response that is sent throws HeadersSent; a header that would end
//           its line early throws std::invalid_argument.
// Source    Express 5: req.path below the mount, req.params, res.headersSent.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "lab/http.hpp"

namespace lab10 {

struct Error {
  std::string message;
  int status = 500;
};

class HeadersSent : public std::logic_error {
 public:
  HeadersSent() : std::logic_error("ERR_HTTP_HEADERS_SENT") {}
};

class Request {
 public:
  explicit Request(lab::http::Request received);

  std::string_view method() const { return received_.method; }
  std::string_view body() const { return received_.body; }
  std::string_view whole_path() const { return whole_path_; }  // without the query
  std::string_view path() const;  // what is left of it where this layer is mounted
  std::string_view header(std::string_view name) const;  // empty: not there

  std::map<std::string, std::string> params;  // "/u/:id": what stood in the place of id
  std::map<std::string, std::string> locals;  // what layers leave for later ones

  void mount(std::size_t size) { mounted_ = size; }  // the chain does this
  std::size_t mounted() const { return mounted_; }

 private:
  lab::http::Request received_;
  std::string_view whole_path_;
  std::size_t mounted_ = 0;
};

// Proof that a request was answered: only a response makes one.
class Done {
  friend class Response;
  Done() = default;
};

class Response {
 public:
  using Reply = std::function<void(lab::http::Response)>;
  explicit Response(Reply reply) : reply_(std::move(reply)) {}

  Response& status(int status);
  Response& set(std::string name, std::string value);
  Done send(std::string body, std::string content_type = "text/plain");
  bool sent() const { return sent_; }

  std::function<void()> on_sent;

 private:
  void must_not_be_sent() const;

  Reply reply_;
  lab::http::Response response_;
  bool sent_ = false;
};

}  // namespace lab10
