#include "world/caller.hpp"

#include <fmt/format.h>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"

namespace lab15 {

namespace trace = lab::trace;

Caller::Caller(std::string name, std::string service, std::uint16_t port)
    : name_(std::move(name)), service_(std::move(service)), http_("127.0.0.1", port) {
  trace::actor(name_, trace::Actor::client);
}

Response Caller::send(Request request, bool drawn) {
  if (drawn) {
    const auto flow =
        trace::flow_out(request.method + " " + request.target, {.lane = name_});
    request.headers.emplace_back("X-Flow", std::to_string(flow));
  }
  const auto result = http_.request(request, std::chrono::seconds(10));
  const auto* response = std::get_if<Response>(&result);
  if (!response)
    throw lab::Error(request.method + " " + request.target,
                     std::get<lab::http::ClientError>(result).message);
  if (drawn) {
    const std::string said =
        fmt::format("{}{}", response->status, response->status < 400 ? "" : " refused");
    trace::flow_in(trace::flow_out(said, {.lane = service_}), said, {.lane = name_});
  }
  return *response;
}

Response Caller::post(const std::string& target, const Json& body,
                      const std::string& token) {
  return send({.method = "POST",
               .target = target,
               .body = body.dump(),
               .headers = {{"Content-Type", "application/json"},
                           {"Authorization", "Bearer " + token}}});
}

Response Caller::get(const std::string& target, const std::string& token) {
  return send({.target = target, .headers = {{"Authorization", "Bearer " + token}}});
}

std::string Caller::log_in(const std::string& user) {
  const Response response = post("/login", {{"user", user}, {"password", kPassword}});
  if (response.status != 200) throw lab::Error("log in as " + user, response.body);
  return Json::parse(response.body).at("token");
}

namespace {

bool may_read(const Response& response, const std::string& origin) {
  return find_header(response.headers, "access-control-allow-origin") == origin;
}

// A POST of a type that a form can send too: those have always been sent without asking.
bool is_simple(const Request& request) {
  const std::string type = find_header(request.headers, "content-type");
  return type == "text/plain" || type == "application/x-www-form-urlencoded";
}

}  // namespace

Fetched fetch_as_browser(const std::string& origin, Caller& browser, Request request) {
  Fetched fetched{.asked_first = !is_simple(request)};
  request.headers.emplace_back("Origin", origin);
  if (fetched.asked_first) {
    const Response answer =
        browser.send({.method = "OPTIONS",
                      .target = request.target,
                      .headers = {{"Origin", origin},
                                  {"Access-Control-Request-Method", request.method},
                                  {"Access-Control-Request-Headers", "content-type"}}});
    const std::string headers =
        find_header(answer.headers, "access-control-allow-headers");
    if (answer.status / 100 != 2 || !may_read(answer, origin) ||
        headers.find("content-type") == headers.npos)
      return fetched;
  }
  fetched.sent = true;
  fetched.readable = may_read(browser.send(std::move(request)), origin);
  return fetched;
}

}  // namespace lab15
