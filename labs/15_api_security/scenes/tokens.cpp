// tokens.cpp: tokens that are tampered with, read, expired, and kept after a logout.
#include "guards/tokens.hpp"

#include <algorithm>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace trace = lab::trace;

namespace {

using namespace std::chrono_literals;

// The shortest of several comparisons: whatever else runs only makes one longer.
template <class Equal>
double nanoseconds(Equal equal, const std::string& a, const std::string& b) {
  auto shortest = Clock::duration::max();
  for (int i = 0; i < 200; ++i) {
    const auto begin = Clock::now();
    [[maybe_unused]] volatile bool same = equal(a, b);
    shortest = std::min(shortest, Clock::now() - begin);
  }
  return std::chrono::duration<double, std::nano>(shortest).count();
}

// How much longer a comparison takes if the first difference is the last byte.
template <class Equal>
double late_over_early(Equal equal) {
  const std::string secret(64 << 10, 's');
  std::string early = secret, late = secret;
  early.front() = late.back() = 'x';
  return nanoseconds(equal, secret, late) / nanoseconds(equal, secret, early);
}

}  // namespace

void tokens(lab::Story& story, const Knobs&) {
  story.say(
      "Ann logs in and gets a token. A thief reads it without a key and changes it in "
      "four ways. All four should be refused. Then Ann logs out, and her token should "
      "still be accepted until it expires.");
  story.picture(lab::Picture::sequence, {"ann", "thief", "shop"});
  Shop shop({.name = "shop"});
  Caller ann("ann", shop), thief("thief", shop);
  const std::string token = ann.log_in("ann");
  const std::string me = ann.get("/me", token).body;

  const std::size_t first = token.find('.'), last = token.rfind('.');
  const std::string head = token.substr(0, first), signature = token.substr(last);
  Json claims = read_token(token).value();
  const std::string read = claims.value("sub", "");
  claims["sub"] = "admin";
  const auto with_header = [&](const Json& header) {
    return to_base64url(header.dump()) + "." + to_base64url(claims.dump());
  };
  const std::string confused = with_header({{"alg", "HS256"}});
  const std::pair<const char*, std::string> forgeries[] = {
      {"the user is changed", head + "." + to_base64url(claims.dump()) + signature},
      {"alg none", with_header({{"alg", "none"}}) + "."},
      {"signed with the public key",
       confused + "." + to_base64url(hmac_sha256(shop.key().public_pem(), confused))},
      {"one character is changed", token.substr(0, last + 1) +
                                       (token[last + 1] == 'A' ? 'B' : 'A') +
                                       token.substr(last + 2)}};

  lab::Table table{"What the shop does with a token", {"token", "answer"}, {}};
  const auto ask = [&](const char* what, const std::string& shown) {
    trace::instant(what, {.lane = "case"});
    const int status = thief.get("/me", shown).status;
    table.rows.push_back({what, status == 200 ? "accepted" : "refused"});
    return status == 200;
  };
  const bool stolen = ask("as it was issued", token);
  int refused = 0;
  for (const auto& [what, forged] : forgeries) refused += !ask(what, forged);
  trace::instant("ann logs out", {.lane = "case"});
  ann.post("/logout", {}, token);
  const bool after_logout = ask("after the logout", token);
  shop.advance(16min);
  const bool after_expiry = ask("after it has expired", token);

  trace::instant("with a deny list", {.lane = "case"});
  Shop careful({.name = "shop", .deny_list = true});
  Caller again("ann", careful);
  const std::string other = again.log_in("ann");
  again.post("/logout", {}, other);
  const bool revoked = again.get("/me", other).status == 401;
  table.rows.push_back(
      {"after the logout, with a deny list", revoked ? "refused" : "accepted"});
  story.table(table);
  story.claim("15.5",
              read == "ann" && Json::parse(me).value("sub", "") == "ann" && stolen &&
                  refused == 4 && after_logout && !after_expiry && revoked,
              "{} of 4 forgeries were refused. Without a key the thief read that the "
              "token is {}'s. Control: the real token was still accepted after the "
              "logout, and refused once it had expired",
              refused, read);

  const double plain =
      late_over_early([](const std::string& a, const std::string& b) { return a == b; });
  const double constant = late_over_early(equal_in_constant_time);
  story.table({"A comparison that differs in the last byte takes longer",
               {"comparison", "times as long as in the first"},
               {{"==", lab::text::count(plain)},
                {"in constant time", lab::text::count(constant)}}});
  story.nuance("15.5",
               "A JWT is a format, not a login. Keep it short-lived, and renew it with a "
               "rotating refresh token. If a logout must take effect at once, keep a "
               "deny list, which costs a lookup. Compare secrets in constant time.");
  story.takeaway(
      "A signature proves who issued a token, not who sends it. Anybody can read a "
      "token, and a stolen one works until it expires.");
}

}  // namespace lab15
