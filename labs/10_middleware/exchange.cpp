#include "exchange.hpp"

#include <algorithm>
#include <cctype>

namespace lab10 {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

Request::Request(lab::http::Request received) : received_(std::move(received)) {
  whole_path_ = std::string_view(received_.target);
  whole_path_ = whole_path_.substr(0, whole_path_.find('?'));
}

std::string_view Request::path() const {
  const auto left = whole_path_.substr(mounted_);
  return left.empty() ? "/" : left;
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : received_.headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

void Response::must_not_be_sent() const {
  if (sent_) throw HeadersSent();
}

Response& Response::status(int status) {
  must_not_be_sent();
  response_.status = status;
  return *this;
}

// A line break in a value would start a header, or a body, that its giver chose.
Response& Response::set(std::string name, std::string value) {
  must_not_be_sent();
  const auto control = [](unsigned char byte) { return byte < 32 || byte == 127; };
  if (name.empty() || std::any_of(name.begin(), name.end(), control) ||
      std::any_of(value.begin(), value.end(), control)) {
    throw std::invalid_argument("ERR_INVALID_CHAR");
  }
  response_.headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Done Response::send(std::string body, std::string content_type) {
  must_not_be_sent();
  sent_ = true;
  response_.body = std::move(body);
  response_.content_type = std::move(content_type);
  reply_(std::move(response_));
  if (const auto told = std::exchange(on_sent, nullptr)) told();
  return Done();
}

}  // namespace lab10
