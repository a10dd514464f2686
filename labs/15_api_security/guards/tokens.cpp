#include "guards/tokens.hpp"

#include <algorithm>

namespace lab15 {

namespace {

struct Parts {
  Json header, claims;
  std::string_view signed_part;
  std::string signature;
};

std::optional<Json> object_of(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return {};
  Json value = Json::parse(*text, nullptr, false);
  if (!value.is_object()) return {};
  return value;
}

std::optional<Parts> take_apart(std::string_view token) {
  const std::size_t first = token.find('.'), last = token.rfind('.');
  if (first == last) return {};  // a third dot is no digit of base64url
  auto header = object_of(token.substr(0, first));
  auto claims = object_of(token.substr(first + 1, last - first - 1));
  auto signature = from_base64url(token.substr(last + 1));
  if (!header || !claims || !signature) return {};
  return Parts{std::move(*header), std::move(*claims), token.substr(0, last),
               std::move(*signature)};
}

// RFC 7519, 4.1.3: an audience is a text, or a list of them.
bool is_for(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  return std::find(found->begin(), found->end(), Json(audience)) != found->end();
}

std::optional<Refused> judge(const Json& claims, const Expected& expected, UnixTime now) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    if (claims.contains(name) && !claims[name].is_number()) return Refused::claims;
  }
  if (!expected.issuer.empty() && claims.value("iss", Json()) != expected.issuer)
    return Refused::claims;
  if (!expected.audience.empty() && !is_for(claims, expected.audience))
    return Refused::claims;
  const auto time = static_cast<double>(now.time_since_epoch().count());
  const auto leeway = static_cast<double>(expected.leeway.count());
  if (claims.contains("nbf") && claims["nbf"].get<double>() > time + leeway)
    return Refused::not_yet;
  if (claims.contains("exp") && claims["exp"].get<double>() <= time - leeway)
    return Refused::expired;
  return {};
}

}  // namespace

std::string sign_token(const Json& claims, const Key& key) {
  const std::string part =
      to_base64url(Json{{"alg", key.algorithm()}, {"typ", "JWT"}}.dump()) + "." +
      to_base64url(claims.dump());
  return part + "." + to_base64url(key.sign(part));
}

// Step 7: first the algorithm must be the key's, then the signature must be right, and only
// then are the claims checked.
std::variant<Json, Refused> verify_token(std::string_view token, const Key& key,
                                         const Expected& expected, UnixTime now) {
  const auto parts = take_apart(token);
  if (!parts) return Refused::malformed;
  if (parts->header.value("alg", Json()) != key.algorithm()) return Refused::algorithm;
  // What the issuer calls critical must be understood, and here nothing is (RFC 7515).
  if (parts->header.contains("crit")) return Refused::malformed;
  if (!key.verify(parts->signed_part, parts->signature)) return Refused::signature;
  if (const auto reason = judge(parts->claims, expected, now)) return *reason;
  return parts->claims;
}

std::optional<Json> read_token(std::string_view token) {
  auto parts = take_apart(token);
  if (!parts) return {};
  return std::move(parts->claims);
}

Guard require_token(Key key, Expected expected, std::function<UnixTime()> now,
                    std::function<bool(const Json& claims)> revoked) {
  return [=](Exchange& exchange) -> std::optional<Response> {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string given = find_header(exchange.request.headers, "authorization");
    if (given.starts_with(kScheme)) {
      auto verified = verify_token(given.substr(kScheme.size()), key, expected, now());
      auto* claims = std::get_if<Json>(&verified);
      if (claims && !(revoked && revoked(*claims))) {
        exchange.user = std::move(*claims);
        return {};
      }
    }
    Response response = refusal(401, "who are you?");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  };
}

}  // namespace lab15
