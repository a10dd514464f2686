// cors.hpp: which foreign pages may read our responses, told to the browser.
//
//   a page of https://shop.example calls our API
//     simple request (GET, or POST of a form or text)  --> it is sent, with Origin, and runs;
//                                      the browser then decides whether the page may read
//     anything else (JSON, PUT, own headers)           --> first OPTIONS, the preflight;
//                                      it is only sent if the answer allows it
//
// Threads   Free to share.
// Source    The Fetch standard, 3.2 (CORS protocol); npm's cors 2.8 with a list of origins.
// Surprise  cors() never blocks a request: the browser does, and only for its own pages.
//           What must not run for a foreign page is refused by same_site_only().
// Left out  Patterns of origins, exposed headers, Private Network Access.
#pragma once

#include <set>

#include "api_security.hpp"

namespace lab15 {

struct CorsPolicy {
  std::set<std::string>
      origins;  // exact: scheme, host and port. Never "*" with credentials.
  std::string methods = "GET,POST";
  std::string headers = "content-type,authorization";
  bool credentials = false;
  int max_age = 600;  // seconds for which a browser may keep the answer to a preflight
};

inline Guard cors(CorsPolicy policy) {
  return [policy = std::move(policy)](Exchange& exchange) -> std::optional<Response> {
    const std::string origin = find_header(exchange.request.headers, "origin");
    // Without it a cache would hand one origin's permission to another.
    exchange.headers.emplace_back("Vary", "Origin");
    const bool allowed = policy.origins.contains(origin);
    if (allowed) {
      exchange.headers.emplace_back("Access-Control-Allow-Origin", origin);
      if (policy.credentials)
        exchange.headers.emplace_back("Access-Control-Allow-Credentials", "true");
    }
    if (exchange.request.method != "OPTIONS") return {};
    if (allowed) {
      exchange.headers.emplace_back("Access-Control-Allow-Methods", policy.methods);
      exchange.headers.emplace_back("Access-Control-Allow-Headers", policy.headers);
      exchange.headers.emplace_back("Access-Control-Max-Age",
                                    std::to_string(policy.max_age));
    }
    return Response{.status = 204};
  };
}

// Refuses a request that a page of another origin has sent. Who sends no Origin is no
// browser's page, and must be stopped by a token instead.
inline Guard same_site_only(std::set<std::string> origins) {
  return [origins = std::move(origins)](Exchange& exchange) -> std::optional<Response> {
    const std::string origin = find_header(exchange.request.headers, "origin");
    if (origin.empty() || origins.contains(origin)) return {};
    return refusal(403, "this origin may not call us");
  };
}

}  // namespace lab15
