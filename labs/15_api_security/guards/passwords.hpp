// passwords.hpp: what a database keeps of a password: enough to check it, slow to guess from.
//
//   scrypt$LOG2_N$R$P$SALT$HASH      N blocks of 128 * R bytes are needed for each guess
//
// Threads   Free to share. A hash takes tens of milliseconds and 16 MiB: in Node it belongs
//           on libuv's pool (crypto.scrypt), never on the loop (scryptSync).
// Errors    A stored text that is none of ours matches nothing. A cost that OpenSSL refuses:
//           lab::Error.
// Source    RFC 7914; the defaults of Node's crypto.scrypt. OWASP prefers Argon2id, or scrypt
//           with log2_n = 17.
// Left out  Argon2, a pepper, hashing again at the next login when the cost has risen.
#pragma once

#include <string>
#include <string_view>

namespace lab15 {

struct ScryptCost {
  int log2_n = 14;
  int r = 8;
  int p = 1;
};

std::string scrypt(std::string_view password, std::string_view salt, ScryptCost cost);

// With a new random salt: two people with one password have two hashes.
std::string hash_password(std::string_view password, ScryptCost cost = {});
bool matches(std::string_view password, std::string_view stored);

}  // namespace lab15
