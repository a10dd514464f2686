#include "lab/net/s3.hpp"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace lab::s3 {

namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::time_t kSkew = 15 * 60;  // how wrong a clock may be

std::string hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hmac(std::string_view key, std::string_view bytes) {
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  return mac;
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
}

std::string uri_encoded(std::string_view text, bool is_path = false) {
  std::string encoded;
  for (const char c : text) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                      (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
                      c == '~' || (is_path && c == '/');
    encoded +=
        kept ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string uri_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const end = text.data() + std::min(i + 3, text.size());
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, end, byte, 16).ptr == end) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string encoded(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "" : "&") + uri_encoded(name) + "=" + uri_encoded(value);
  return text;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& header : headers) names += (names.empty() ? "" : ";") + header.first;
  return names;
}

std::string scope_of(const Account& account, const std::string& time) {
  return fmt::format("{}/{}/{}/aws4_request", time.substr(0, 8), account.region,
                     account.service);
}

std::string text_of(std::time_t time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(time));
}

// -1 if it is no time.
std::time_t time_of(const std::string& text) {
  std::tm parts{};
  const char* const end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  return end && !*end ? timegm(&parts) : -1;
}

// The value of `name=` in a header "Credential=..., SignedHeaders=..., Signature=...".
std::string part_of(std::string_view authorization, std::string_view name) {
  const auto at = authorization.find(name);
  if (at == authorization.npos) return {};
  const auto rest = authorization.substr(at + name.size());
  return std::string(rest.substr(0, rest.find_first_of(", ")));
}

}  // namespace

std::string hash_hex(const char* algorithm, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_get_digestbyname(algorithm),
             nullptr);
  return hex({reinterpret_cast<const char*>(digest), size});
}

std::string signature(const Account& account, const SignedParts& parts) {
  std::string request = fmt::format("{}\n{}\n{}\n", parts.method,
                                    uri_encoded(parts.path, true), encoded(parts.query));
  for (const auto& [name, value] : parts.headers)
    request += fmt::format("{}:{}\n", name, value);
  request += fmt::format("\n{}\n{}", names_of(parts.headers), parts.body_hash);
  // The secret itself signs nothing: what is derived of it is good for one day, one region
  // and one service.
  std::string key = "AWS4" + account.secret;
  for (const std::string_view part :
       {std::string_view(parts.time).substr(0, 8), std::string_view(account.region),
        std::string_view(account.service), std::string_view("aws4_request")})
    key = hmac(key, part);
  return hex(
      hmac(key, fmt::format("{}\n{}\n{}\n{}", kAlgorithm, parts.time,
                            scope_of(account, parts.time), hash_hex("SHA256", request))));
}

Target::Target(std::string_view target) {
  const auto mark = std::min(target.find('?'), target.size());
  path = uri_decoded(target.substr(0, mark));
  std::string_view rest = target.substr(std::min(mark + 1, target.size()));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    query[uri_decoded(pair.substr(0, equals))] =
        uri_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
}

bool is_signed(const http::Request& request, const Account& account, std::time_t now) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) headers[lower(name)] = value;
  Target target(request.target);
  Query& query = target.query;

  const bool in_url = query.contains("X-Amz-Signature");
  const std::string& authorization = headers["authorization"];
  const std::string claimed =
      in_url ? query["X-Amz-Signature"] : part_of(authorization, "Signature=");
  const std::string who =
      in_url ? query["X-Amz-Credential"] : part_of(authorization, "Credential=");
  const std::string names =
      in_url ? query["X-Amz-SignedHeaders"] : part_of(authorization, "SignedHeaders=");
  SignedParts parts{
      .method = request.method,
      .path = target.path,
      .body_hash = in_url ? "UNSIGNED-PAYLOAD" : headers["x-amz-content-sha256"],
      .time = in_url ? query["X-Amz-Date"] : headers["x-amz-date"]};
  const std::time_t time = time_of(parts.time);
  const std::time_t valid = in_url ? std::atoi(query["X-Amz-Expires"].c_str()) : kSkew;
  if (time < 0 || now < time - kSkew || now > time + valid) return false;
  if (who != account.key_id + "/" + scope_of(account, parts.time)) return false;
  if (!in_url && parts.body_hash != "UNSIGNED-PAYLOAD" &&
      parts.body_hash != hash_hex("SHA256", request.body)) {
    return false;
  }
  query.erase("X-Amz-Signature");
  parts.query = query;
  for (std::size_t at = 0; at < names.size(); at = names.find(';', at) + 1) {
    const std::string name = names.substr(at, names.find(';', at) - at);
    parts.headers[name] = headers[name];
    if (names.find(';', at) == names.npos) break;
  }
  const std::string ours = signature(account, parts);
  return parts.headers.contains("host") && ours.size() == claimed.size() &&
         CRYPTO_memcmp(ours.data(), claimed.data(), ours.size()) == 0;
}

http::Request signed_request(const Account& account, SignedParts parts, std::string body,
                             std::time_t now) {
  parts.body_hash = hash_hex("SHA256", body);
  parts.time = text_of(now);
  parts.headers["x-amz-content-sha256"] = parts.body_hash;
  parts.headers["x-amz-date"] = parts.time;
  http::Request request{.method = parts.method,
                        .target = uri_encoded(parts.path, true) +
                                  (parts.query.empty() ? "" : "?" + encoded(parts.query)),
                        .body = std::move(body)};
  for (const auto& [name, value] : parts.headers)
    request.headers.emplace_back(name == "host" ? "Host" : name, value);
  request.headers.emplace_back(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                  account.key_id, scope_of(account, parts.time), names_of(parts.headers),
                  signature(account, parts)));
  return request;
}

Endpoint::Endpoint(const std::string& url) {
  const std::string rest = url.starts_with("http://") ? url.substr(7) : "";
  const auto colon = rest.find(':'), at = rest.rfind('@'), slash = rest.find('/', at);
  if (at == rest.npos || colon > at || slash == rest.npos || slash + 1 == rest.size()) {
    throw std::invalid_argument("not like http://KEY:SECRET@127.0.0.1:9000/PATH: " + url);
  }
  account.key_id = rest.substr(0, colon);
  account.secret = rest.substr(colon + 1, at - colon - 1);
  host = rest.substr(at + 1, slash - at - 1);
  path = rest.substr(slash + 1);
  const auto mark = std::min(host.find(':'), host.size());
  const int port = mark == host.size() ? 80 : std::atoi(host.c_str() + mark + 1);
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.substr(0, mark).c_str(), &address.sin_addr) != 1 ||
      port < 1 || port > 65'535) {
    throw std::invalid_argument("not an IPv4 address with a port: " + host);
  }
}

Bucket::Bucket(const std::string& url) : at_(url) {
}

std::string Bucket::path(const std::string& key) const {
  return "/" + at_.path + (key.empty() ? "" : "/" + key);
}

http::Request Bucket::request(std::string method, const std::string& key,
                              const Query& query, std::string body,
                              std::time_t now) const {
  return signed_request(at_.account,
                        {.method = std::move(method),
                         .path = path(key),
                         .query = query,
                         .headers = {{"host", at_.host}}},
                        std::move(body), now);
}

std::string Bucket::presigned(std::string method, const std::string& key,
                              std::chrono::seconds valid, std::time_t now) const {
  SignedParts parts{.method = std::move(method),
                    .path = path(key),
                    .headers = {{"host", at_.host}},
                    .body_hash = "UNSIGNED-PAYLOAD",
                    .time = text_of(now)};
  parts.query = {
      {"X-Amz-Algorithm", kAlgorithm},
      {"X-Amz-Credential", at_.account.key_id + "/" + scope_of(at_.account, parts.time)},
      {"X-Amz-Date", parts.time},
      {"X-Amz-Expires", std::to_string(valid.count())},
      {"X-Amz-SignedHeaders", "host"}};
  return uri_encoded(parts.path, true) + "?" + encoded(parts.query) +
         "&X-Amz-Signature=" + signature(at_.account, parts);
}

}  // namespace lab::s3
