// tokens.hpp: JSON Web Tokens: claims that anybody can read and only the key's owner can sign.
//
//   base64url({"alg":"HS256"}) . base64url({"sub":"ann","exp":...}) . base64url(signature)
//
// A Key knows its algorithm. The token's header may agree with it or be refused; it never
// chooses. So "none" and the confusion of RS256 with HS256, where the public key is used
// as an HMAC secret, have nothing to take hold of.
//
// Units     exp and nbf in seconds since 1970, as whole or fractional numbers.
// Threads   Free to share.
// Errors    A token that is refused is a Refused, with the reason for our log; a client is
//           told nothing but 401.
// Cost      HS256 about a microsecond; RS256 verifies about ten times, and signs several
//           hundred times as slow (see bench/).
// Source    RFC 7515, 7519, and 8725 (best practices); npm's jose 6 as the judge.
// Left out  Encryption (JWE), elliptic curves, a key set with its ids (JWKS), jti.
#pragma once

#include <chrono>
#include <variant>

#include "api_security.hpp"
#include "guards/crypto.hpp"

namespace lab15 {

struct Expected {
  std::string issuer{};    // empty: any
  std::string audience{};  // empty: any
  std::chrono::seconds leeway{0};
};

enum class Refused { malformed, algorithm, signature, claims, expired, not_yet };

using UnixTime = std::chrono::sys_seconds;

std::string sign_token(const Json& claims, const Key& key);
std::variant<Json, Refused> verify_token(std::string_view token, const Key& key,
                                         const Expected& expected, UnixTime now);

// The claims, unverified: what everybody can do who sees a token. nullopt: it is none.
std::optional<Json> read_token(std::string_view token);

// 401 unless the request carries "Authorization: Bearer" and a token that is verified. A
// token stays valid until it expires, also after a logout: `revoked` may know better, at the
// price of a look-up for each request.
Guard require_token(Key key, Expected expected, std::function<UnixTime()> now,
                    std::function<bool(const Json& claims)> revoked = {});

}  // namespace lab15
