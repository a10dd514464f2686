#include "world/caller.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"

namespace lab15 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

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
  auto result = http_.request(request, 10s);
  if (auto* response = std::get_if<Response>(&result)) {
    if (drawn) {
      const std::string said =
          fmt::format("{}{}", response->status, response->status < 400 ? "" : " refused");
      trace::flow_in(trace::flow_out(said, {.lane = service_}), said, {.lane = name_});
    }
    return std::move(*response);
  }
  throw lab::Error(request.method + " " + request.target,
                   std::get<lab::http::ClientError>(result).message);
}

Response Caller::post(const std::string& target, const Json& body,
                      const std::string& token) {
  Request request{.method = "POST",
                  .target = target,
                  .body = body.dump(),
                  .headers = {{"Content-Type", "application/json"}}};
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return send(std::move(request));
}

Response Caller::get(const std::string& target, const std::string& token) {
  Request request{.target = target};
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return send(std::move(request));
}

std::string Caller::log_in(const std::string& user) {
  const Response response = post("/login", {{"user", user}, {"password", kPassword}});
  if (response.status != 200) throw lab::Error("log in as " + user, response.body);
  return Json::parse(response.body).at("token");
}

int send_from(const std::string& address, const Shop& shop, const std::string& target) {
  const lab::Descriptor socket = lab::loopback::socket();
  sockaddr_in from{};
  from.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &from.sin_addr);
  lab::check_errno(bind(socket.get(), reinterpret_cast<sockaddr*>(&from), sizeof from),
                   "bind to " + address);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  lab::loopback::connect(socket, shop.port());
  const std::string bytes =
      fmt::format("GET {} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", target);
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string answer(4096, '\0');
  std::size_t size = 0;
  while (size < 12) {  // "HTTP/1.1 200"
    const auto got = recv(socket.get(), answer.data() + size, answer.size() - size, 0);
    if (got <= 0) return 0;
    size += static_cast<std::size_t>(got);
  }
  return std::stoi(answer.substr(9, 3));
}

namespace {

bool may_read(const Response& response, const std::string& origin) {
  const std::string allowed = header(response.headers, "access-control-allow-origin");
  return allowed == "*" || allowed == origin;
}

// The three types that a form can send too: they have always been sent without asking.
bool is_simple(const Request& request) {
  const std::string type = header(request.headers, "content-type");
  const std::string essence = type.substr(0, type.find(';'));
  return (request.method == "GET" || request.method == "HEAD" ||
          request.method == "POST") &&
         (essence.empty() || essence == "text/plain" ||
          essence == "multipart/form-data" ||
          essence == "application/x-www-form-urlencoded") &&
         header(request.headers, "authorization").empty();
}

}  // namespace

Fetched fetch_as_browser(const std::string& origin, Caller& browser, Request request) {
  Fetched fetched;
  request.headers.emplace_back("Origin", origin);
  if (!is_simple(request)) {
    fetched.asked_first = true;
    const Response answer =
        browser.send({.method = "OPTIONS",
                      .target = request.target,
                      .headers = {{"Origin", origin},
                                  {"Access-Control-Request-Method", request.method},
                                  {"Access-Control-Request-Headers", "content-type"}}});
    const std::string headers = header(answer.headers, "access-control-allow-headers");
    if (answer.status / 100 != 2 || !may_read(answer, origin) ||
        headers.find("content-type") == headers.npos)
      return fetched;
  }
  fetched.sent = true;
  fetched.readable = may_read(browser.send(std::move(request)), origin);
  return fetched;
}

}  // namespace lab15
