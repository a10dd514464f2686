#include "guards/passwords.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <charconv>
#include <cstdint>
#include <vector>

#include "guards/crypto.hpp"
#include "lab/core/error.hpp"

namespace lab15 {

namespace {

constexpr int kMostLog2N = 20;  // 1 GiB with r = 8: nobody's stored text may ask for more

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t end; (end = text.find(at)) != text.npos; text.remove_prefix(end + 1))
    parts.push_back(text.substr(0, end));
  parts.push_back(text);
  return parts;
}

bool read(std::string_view text, int& number, int most) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 &&
         number <= most;
}

}  // namespace

std::string scrypt(std::string_view password, std::string_view salt, ScryptCost cost) {
  std::string hash(32, '\0');
  const auto n = std::uint64_t{1} << cost.log2_n;
  const auto memory = 129 * n * static_cast<std::uint64_t>(cost.r) + (1 << 20);
  if (EVP_PBE_scrypt(password.data(), password.size(),
                     reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), n,
                     static_cast<std::uint64_t>(cost.r),
                     static_cast<std::uint64_t>(cost.p), memory,
                     reinterpret_cast<unsigned char*>(hash.data()), hash.size()) != 1) {
    ERR_clear_error();
    throw lab::Error("hash a password", "OpenSSL refuses this cost");
  }
  return hash;
}

std::string hash_password(std::string_view password, ScryptCost cost) {
  const std::string salt = random_bytes(16);
  return fmt::format("scrypt${}${}${}${}${}", cost.log2_n, cost.r, cost.p,
                     to_base64url(salt), to_base64url(scrypt(password, salt, cost)));
}

// Step 8: the stored string says how it was made, so that the cost may rise over the years.
bool matches(std::string_view password, std::string_view stored) {
  const auto parts = split(stored, '$');
  ScryptCost cost;
  if (parts.size() != 6 || parts[0] != "scrypt" ||
      !read(parts[1], cost.log2_n, kMostLog2N) || !read(parts[2], cost.r, 32) ||
      !read(parts[3], cost.p, 16))
    return false;
  const auto salt = from_base64url(parts[4]), hash = from_base64url(parts[5]);
  if (!salt || !hash) return false;
  return equal_in_constant_time(scrypt(password, *salt, cost), *hash);
}

}  // namespace lab15
