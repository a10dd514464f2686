// tokens.cpp: tokens that are tampered with, read, expired, and kept after a logout.
#include "guards/tokens.hpp"

#include <algorithm>

#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace {

struct Shown {
  const char* what;
  std::string token;
  const char* success = "exploited";
};

// What a thief makes of a token without a private key: ann becomes admin.
std::vector<Shown> forged(const std::string& token) {
  const std::size_t first = token.find('.'), last = token.rfind('.');
  Json claims = read_token(token).value();
  claims["sub"] = "admin";
  const std::string admin = "." + to_base64url(claims.dump());
  const std::string hs256 = to_base64url(R"({"alg":"HS256"})") + admin;
  std::string changed = token;
  changed[last + 1] = changed[last + 1] == 'A' ? 'B' : 'A';
  return {{"the user is changed", token.substr(0, first) + admin + token.substr(last)},
          {"alg none", to_base64url(R"({"alg":"none"})") + admin + "."},
          {"signed with the public key",
           hs256 + "." + to_base64url(hmac_sha256(Shop::key().public_pem(), hs256))},
          {"one character is changed", changed}};
}

}  // namespace

void tokens(lab::Story& story, const Knobs&) {
  story.say(
      "A thief reads Ann's token without a key and changes it in four ways. Then Ann "
      "logs "
      "out. The shop should refuse all four, and still accept the token until it "
      "expires.");
  story.picture(lab::Picture::bars, {"What an API does with a token"});
  lab::Table table{"What an API does with a token", {"token"}, {}};
  std::string reader;
  const auto play = [&](ShopOptions options) {
    Shop shop(options);
    Caller ann("ann", shop), thief("thief", shop);
    const std::string token = ann.log_in("ann");
    reader = read_token(token).value().value("sub", "");
    std::size_t row = 0;
    const auto show = [&](const Shown& shown) {
      if (row == table.rows.size()) table.rows.push_back({shown.what});
      const int status = thief.get("/me", shown.token).status;
      table.rows[row++].push_back(status == 200 ? shown.success : "blocked");
    };
    table.columns.push_back(options.name);
    show({"as it was issued", token, "accepted"});
    for (const Shown& forgery : forged(token)) show(forgery);
    ann.post("/logout", {}, token);
    show({"after the logout", token, "accepted"});
    shop.advance(std::chrono::minutes(16));
    show({"after it has expired", token});
  };
  play({.name = "shop"});
  play({.name = "with a deny list", .deny_list = true});
  play({.name = "unguarded", .guards = Guards::none});
  story.table(table);

  using Column = std::vector<std::string>;
  const auto column = [&](std::size_t at) {
    Column outcomes;
    for (const auto& row : table.rows) outcomes.push_back(row[at]);
    return outcomes;
  };
  const Column guarded = column(1);
  const auto blocked = std::count(guarded.begin() + 1, guarded.begin() + 5, "blocked");
  const std::string yes = "accepted", no = "blocked", hole = "exploited";
  story.claim(
      "15.5",
      reader == "ann" && guarded == Column{yes, no, no, no, no, yes, no} &&
          column(2) == Column{yes, no, no, no, no, no, no} &&
          column(3) == Column{yes, no, hole, hole, no, yes, hole},
      "{} of 4 forgeries were blocked, and the thief read that the token is {}'s. "
      "Control: without guards 2 forgeries got in",
      blocked, reader);
  story.nuance("15.5",
               "A JWT is a format, not a login. Keep it short-lived, and renew it with a "
               "rotating refresh token. A deny list costs a lookup for each request.");
  story.takeaway(
      "A signature proves who issued a token, not who sends it. A stolen one works until "
      "it expires.");
}

}  // namespace lab15
