#include "guards/oauth.hpp"

namespace lab15 {

namespace {

using namespace std::chrono_literals;

constexpr auto kCodeLives = 60s;
constexpr auto kTokenLives = 600s;

// Scopes are words with blanks between them.
bool has_word(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != words.npos;
}

}  // namespace

std::string challenge_of(std::string_view verifier) {
  return to_base64url(sha256(verifier));
}

// The code is bound to the client, to its address, and to the challenge.
std::optional<std::string> AuthorizationServer::authorize(const Authorization& asked,
                                                          const std::string& user,
                                                          UnixTime now) {
  const auto client = clients_.find(asked.client);
  if (client == clients_.end() || client->second != asked.redirect) return {};
  if (requires_pkce_ && asked.challenge.empty()) return {};
  std::erase_if(grants_, [&](const auto& grant) { return grant.second.ends <= now; });
  std::string code = random_text();
  grants_[code] = {asked, user, now + kCodeLives};
  return code;
}

// Step 8: whoever shows the code must show the verifier as well.
std::optional<Tokens> AuthorizationServer::token(const std::string& client,
                                                 const std::string& redirect,
                                                 const std::string& code,
                                                 std::string_view verifier,
                                                 UnixTime now) {
  const auto found = grants_.extract(code);
  if (!found) return {};
  const auto& [asked, user, ends] = found.mapped();
  if (ends <= now || asked.client != client || asked.redirect != redirect) return {};
  if (!asked.challenge.empty() &&
      !equal_in_constant_time(challenge_of(verifier), asked.challenge))
    return {};
  const auto expires = (now + kTokenLives).time_since_epoch().count();
  Tokens tokens{
      sign_token({{"aud", "orders API"}, {"scope", asked.scope}, {"exp", expires}}, key_),
      ""};
  if (has_word(asked.scope, "openid")) {
    tokens.id = sign_token(
        {{"aud", client}, {"sub", user}, {"nonce", asked.nonce}, {"exp", expires}}, key_);
  }
  return tokens;
}

}  // namespace lab15
