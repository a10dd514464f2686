#include "api_security.hpp"

namespace lab15 {

namespace {

constexpr int kDeepest = 32;  // whoever walks it by recursion must not run out of stack

}  // namespace

Response reply(int status, const Json& body) {
  return {.status = status,
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace),
          .content_type = "application/json"};
}

Api& Api::use(Guard guard) {
  guards_.push_back(std::move(guard));
  return *this;
}

// Step 2: the first guard that blocks ends the request. The headers that guards asked for go out
// with a refusal as well: a browser that may not read a 429 cannot show it either.
Response Api::handle(const Request& request) const {
  Exchange exchange{request};
  std::optional<Response> response;
  for (const Guard& guard : guards_) {
    if ((response = guard(exchange))) break;
  }
  if (!response) response = handler_(exchange);
  auto& headers = response->headers;
  headers.insert(headers.end(), exchange.headers.begin(), exchange.headers.end());
  return std::move(*response);
}

Guard json_body() {
  return [](Exchange& exchange) -> std::optional<Response> {
    if (exchange.request.body.empty()) return {};
    const std::string type = find_header(exchange.request.headers, "content-type");
    if (type.substr(0, type.find(';')) != "application/json")
      return refusal(415, "send application/json");
    bool too_deep = false;
    const auto keep = [&](int depth, Json::parse_event_t, const Json&) {
      too_deep = too_deep || depth > kDeepest;
      return !too_deep;
    };
    exchange.body = Json::parse(exchange.request.body, keep, false);
    if (too_deep) return refusal(400, "this JSON is nested too deeply");
    if (exchange.body.is_discarded()) return refusal(400, "this is not JSON");
    return {};
  };
}

}  // namespace lab15
