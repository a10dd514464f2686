// security_headers.hpp: what the browser is told not to do with a response.
//
// Threads   Free to share.
// Source    npm's helmet 8 with its defaults; a test compares all twelve values.
// Left out  A Content-Security-Policy of one's own, with nonces. helmet also removes
//           X-Powered-By: this API never sends it unless it is told to.
#pragma once

#include "api_security.hpp"

namespace lab15 {

inline const Headers kSecurityHeaders = {
    // Where scripts, styles and frames may come from: the one that stops injected scripts.
    {"Content-Security-Policy",
     "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';"
     "frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';"
     "script-src-attr 'none';style-src 'self' https: 'unsafe-inline';"
     "upgrade-insecure-requests"},
    // Who may hold a reference to this window, and who may embed this resource.
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Origin-Agent-Cluster", "?1"},
    {"Referrer-Policy", "no-referrer"},
    // From now on only by HTTPS. A browser ignores it on plain HTTP.
    {"Strict-Transport-Security", "max-age=31536000; includeSubDomains"},
    // A text is a text, even if it looks like a script.
    {"X-Content-Type-Options", "nosniff"},
    {"X-DNS-Prefetch-Control", "off"},
    {"X-Download-Options", "noopen"},
    {"X-Frame-Options", "SAMEORIGIN"},  // against clickjacking, for old browsers
    {"X-Permitted-Cross-Domain-Policies", "none"},
    // Off: the filter that it steers has had holes of its own.
    {"X-XSS-Protection", "0"},
};

// Blocks nobody. That is all that helmet does: it neither authenticates nor validates.
inline Guard security_headers() {
  return [](Exchange& exchange) -> std::optional<Response> {
    exchange.headers.insert(exchange.headers.end(), kSecurityHeaders.begin(),
                            kSecurityHeaders.end());
    return {};
  };
}

}  // namespace lab15
