// crypto.hpp: the little cryptography that the guards need, on OpenSSL.
//
// Threads   Free to share: a Key is only read.
// Errors    A secret that is too short, or OpenSSL refusing: lab::Error. A wrong signature is
//           false.
// Source    RFC 4648, 5 (base64url); RFC 7518 (HS256 and RS256).
// Left out  Keys from files, elliptic curves, key rotation.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lab15 {

std::string to_base64url(std::string_view bytes);
// Strict: no padding, no blanks, no bits left over; nullopt for anything else.
std::optional<std::string> from_base64url(std::string_view text);

std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view secret, std::string_view bytes);
std::string random_text();  // of 24 random bytes: nobody guesses it

// The same time wherever the two differ; only that their lengths do may be seen.
bool equal_in_constant_time(std::string_view a, std::string_view b);

class Key {
 public:
  static Key hs256(std::string secret);  // at least 32 bytes, as RFC 7518 wants it
  static Key generate_rs256();

  std::string_view algorithm() const { return pair_ ? "RS256" : "HS256"; }
  std::string public_pem() const;  // of RS256: what everybody may have
  std::string sign(std::string_view bytes) const;
  bool verify(std::string_view bytes, std::string_view signature) const;

 private:
  Key() = default;
  std::string secret_{};
  std::shared_ptr<EVP_PKEY> pair_{};
};

}  // namespace lab15
