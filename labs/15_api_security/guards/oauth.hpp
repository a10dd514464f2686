// oauth.hpp: OAuth 2's code flow with PKCE, the part that the authorization server plays.
//
//   app: draws a verifier, keeps it
//   app -- authorize(client, redirect, S256(verifier)) --> user says yes --> code
//   app -- token(code, verifier) --> access token (and an ID token, if "openid" was asked for)
//
// The code travels through the browser, where it can be stolen. The verifier never does:
// whoever shows a code must show what its challenge was made from.
//
// Units     A code lives for 60 seconds of the time that is passed in.
// Threads   One.
// Errors    As RFC 6749 names them: invalid_grant, and nothing more about why.
// Source    RFC 6749, 4.1; RFC 7636 (PKCE); OpenID Connect Core, 3.1 (the ID token).
// Surprise  The access token is for the API: it says what its bearer may do, and not who is
//           there. Who logged in is what the ID token says, to the app alone.
// Left out  The page on which the user agrees, refresh tokens, client secrets, state.
#pragma once

#include <map>
#include <set>

#include "guards/tokens.hpp"

namespace lab15 {

// What the app sends first, of what it keeps: base64url(SHA-256(verifier)).
std::string challenge_of(std::string_view verifier);

struct Authorization {
  std::string client, redirect, scope, challenge;  // no challenge: without PKCE
  std::string nonce{};                             // comes back in the ID token
};

struct Tokens {
  std::string access;
  std::string id;  // empty unless the scope has "openid"
};

class AuthorizationServer {
 public:
  // Of each client the one address that codes may be sent to.
  AuthorizationServer(Key key, std::map<std::string, std::string> clients,
                      bool requires_pkce = true)
      : key_(std::move(key)),
        clients_(std::move(clients)),
        requires_pkce_(requires_pkce) {}

  // The user has logged in and agreed. nullopt: an unknown client or address, or no
  // challenge where one is required; then nothing is sent anywhere.
  std::optional<std::string> authorize(const Authorization& asked,
                                       const std::string& user, UnixTime now);

  // nullopt: invalid_grant. A code serves once, whether its verifier was right or not.
  std::optional<Tokens> token(const std::string& client, const std::string& redirect,
                              const std::string& code, std::string_view verifier,
                              UnixTime now);

 private:
  struct Grant {
    Authorization asked;
    std::string user;
    UnixTime ends;
  };

  const Key key_;
  const std::map<std::string, std::string> clients_;
  const bool requires_pkce_;
  std::map<std::string, Grant> grants_;
};

}  // namespace lab15
