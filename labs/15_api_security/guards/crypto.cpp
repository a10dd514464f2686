#include "guards/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "lab/core/error.hpp"

namespace lab15 {

namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void expect(bool succeeded, const char* tried) {
  if (succeeded) return;
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw lab::Error(tried, why ? why : "OpenSSL refused");
}

using Digest = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

}  // namespace

std::string to_base64url(std::string_view bytes) {
  std::string text;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : bytes) {
    pending = pending << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6;) text += kDigits[pending >> (bits -= 6) & 63];
  }
  if (bits > 0) text += kDigits[pending << (6 - bits) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == kDigits.npos) return {};
    pending = pending << 6 | static_cast<unsigned>(digit);
    if ((bits += 6) >= 8) bytes += static_cast<char>(pending >> (bits -= 8));
  }
  // Two texts must not mean the same token.
  if (bits == 6 || (pending & ((1U << bits) - 1)) != 0) return {};
  return bytes;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  expect(EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), nullptr, EVP_sha256(),
                    nullptr) == 1,
         "hash with SHA-256");
  return digest;
}

std::string hmac_sha256(std::string_view secret, std::string_view bytes) {
  std::string digest(32, '\0');
  expect(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
              bytes_of(bytes), bytes.size(), bytes_of(digest), nullptr),
         "sign with HMAC");
  return digest;
}

std::string random_text() {
  std::string bytes(24, '\0');
  expect(RAND_bytes(bytes_of(bytes), static_cast<int>(bytes.size())) == 1,
         "draw random bytes");
  return to_base64url(bytes);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Key Key::hs256(std::string secret) {
  if (secret.size() < 32) throw lab::Error("make a key of HS256", "32 bytes at least");
  Key key;
  key.secret_ = std::move(secret);
  return key;
}

Key Key::generate_rs256() {
  Key key;
  key.pair_ = {EVP_RSA_gen(2048), EVP_PKEY_free};
  expect(key.pair_ != nullptr, "generate an RSA key");
  return key;
}

std::string Key::public_pem() const {
  const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
  expect(PEM_write_bio_PUBKEY(memory.get(), pair_.get()) == 1, "write a public key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string Key::sign(std::string_view bytes) const {
  if (!pair_) return hmac_sha256(secret_, bytes);
  const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(pair_.get()));
  std::string signature(size, '\0');
  expect(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair_.get()) ==
                 1 &&
             EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(bytes),
                            bytes.size()) == 1,
         "sign with RSA");
  return signature;
}

bool Key::verify(std::string_view bytes, std::string_view signature) const {
  if (!pair_) return equal_in_constant_time(hmac_sha256(secret_, bytes), signature);
  const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                         pair_.get()) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();  // a wrong signature leaves its reason behind
  return good;
}

}  // namespace lab15
