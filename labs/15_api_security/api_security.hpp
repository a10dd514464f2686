// api_security.hpp: guards, asked one after the other before a handler may run.
//
//   request --> guard --> guard --> guard --> handler --> response
//                 |blocked  |blocked  |blocked              + what the guards want sent
//                 +---------+---------+-----> response      in its headers
//
// Each guard knows one attack and stands in a file of its own in guards/. Their order is
// part of the defence: the cheap ones come first, and nothing is parsed for a client that is
// over its limit.
//
// Threads   A server's one thread calls handle(). A guard that keeps counts is no safer than
//           that; two servers share counts only through a store (guards/rate_limiter.hpp).
// Errors    A refusal is a response. What a guard or a handler throws is the caller's: the
//           server makes a 500 of it, and the request has not passed.
// Cost      One std::function call for each guard.
// Source    Express' app.use(); OWASP API Security Top 10, 2023.
// Left out  Asynchronous guards: one that asks Redis waits on the server's thread. TLS, which
//           belongs to the proxy in front; a body limit, which the server has.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/net/header_value.hpp"
#include "lab/net/http.hpp"

namespace lab15 {

using lab::http::find_header;
using lab::http::Headers;
using lab::http::list_header;
using lab::http::Request;
using lab::http::Response;
using Json = nlohmann::json;

// What guards and handler share of one request.
struct Exchange {
  const Request& request;
  Json body{};        // parsed by json_body(), and let through by a schema
  Json user{};        // the claims of a token that was verified
  Headers headers{};  // to be sent with the response, whoever makes it
};

// Step 1: a guard blocks with a response, or lets pass with nullopt.
using Guard = std::function<std::optional<Response>(Exchange&)>;
using Handler = std::function<Response(const Exchange&)>;

Response reply(int status, const Json& body);

// As every refusal of this lab reads.
inline Response refusal(int status, std::string_view what) {
  return reply(status, {{"error", what}});
}

class Api {
 public:
  explicit Api(Handler handler) : handler_(std::move(handler)) {}

  Api& use(Guard guard);
  Response handle(const Request& request) const;

 private:
  Handler handler_;
  std::vector<Guard> guards_;
};

// A body of the type application/json, parsed; 415 or 400 otherwise. Insisting on the type
// is a defence too: a foreign page cannot send it without asking first (guards/cors.hpp).
Guard json_body();

}  // namespace lab15
