// code_flow.cpp: OAuth 2's code flow, and a thief who sees the browser's address bar.
#include "guards/oauth.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/shop.hpp"

namespace lab15 {

namespace trace = lab::trace;

namespace {

constexpr const char* kClient = "notes app";
constexpr const char* kRedirect = "https://notes.example/back";

void draw(const char* what, const char* from, const char* to) {
  trace::flow_in(trace::flow_out(what, {.lane = from}), what, {.lane = to});
}

UnixTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// A login server and what others ask of it, drawn. The user who says yes is ann: her login
// and her consent are not what this is about.
struct Login {
  const char* name;
  AuthorizationServer server;

  Login(const char* name_of_it, bool requires_pkce)
      : name(name_of_it), server(Shop::key(), {{kClient, kRedirect}}, requires_pkce) {
    trace::actor(name, trace::Actor::service);
  }

  // The code comes back through the app's browser, where the thief reads it.
  std::optional<std::string> code(const std::string& challenge = "") {
    draw(challenge.empty() ? "authorize" : "authorize, challenge", kClient, name);
    auto code = server.authorize({.client = kClient,
                                  .redirect = kRedirect,
                                  .scope = "openid orders:read",
                                  .challenge = challenge,
                                  .nonce = "n-7"},
                                 "ann", now());
    draw(code ? "code" : "refused", name, kClient);
    if (code) draw("sees the code", kClient, "thief");
    return code;
  }

  std::optional<Tokens> tokens(const char* who, const std::string& code,
                               const std::string& verifier = "") {
    draw(verifier.empty() ? "code" : "code, verifier", who, name);
    auto tokens = server.token(kClient, kRedirect, code, verifier, now());
    draw(tokens ? "tokens" : "refused", name, who);
    return tokens;
  }
};

}  // namespace

void code_flow(lab::Story& story, const Knobs&) {
  story.say(
      "A notes app asks for access to Ann's orders. The code comes back through the "
      "browser, where a thief reads it. Without PKCE the thief should get the tokens; "
      "with PKCE the thief lacks the app's verifier.");
  story.picture(lab::Picture::sequence,
                {"notes app", "login server", "old login server", "thief"});
  trace::actor(kClient, trace::Actor::client);
  trace::actor("thief", trace::Actor::client);
  const std::string verifier = random_text() + random_text();  // RFC 7636: 43 or more

  trace::instant("without PKCE", {.lane = "case"});
  Login old("old login server", false);
  const bool stolen = old.tokens("thief", old.code().value()).has_value();

  trace::instant("with PKCE", {.lane = "case"});
  Login login("login server", true);
  const bool needed = !login.code();
  const std::string seen = login.code(challenge_of(verifier)).value();
  const bool guessed = login.tokens("thief", seen, "guessed").has_value();
  const std::string code = login.code(challenge_of(verifier)).value();
  const auto tokens = login.tokens(kClient, code, verifier);
  const bool again = login.tokens(kClient, code, verifier).has_value();

  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  story.table({"Does the holder of the code get tokens?",
               {"who", "tokens"},
               {{"thief, without PKCE", yes(stolen)},
                {"thief, with PKCE", yes(guessed)},
                {"app, with its verifier", yes(tokens.has_value())},
                {"app, the same code again", yes(again)}}});
  const auto read = [](const std::string& token) {
    return read_token(token).value_or(Json::object());
  };
  const Json access = read(tokens ? tokens->access : ""),
             id = read(tokens ? tokens->id : "");
  story.claim(
      "15.6",
      stolen && needed && !guessed && tokens && !again && !access.contains("sub") &&
          id.value("sub", "") == "ann" && id.value("aud", "") == kClient &&
          id.value("nonce", "") == "n-7",
      "with PKCE the thief got no tokens. Control: without it the code was enough. "
      "The access token names a scope ({}) and no user; the ID token of OpenID "
      "Connect names {}",
      access.value("scope", ""), id.value("sub", ""));
  story.nuance(
      "15.6",
      "An app that takes an access token as proof of who logged in can be given a "
      "token that was issued to another app. OpenID Connect adds authentication.");
  story.takeaway(
      "PKCE works because the code passes through the browser, and the verifier does "
      "not.");
}

}  // namespace lab15
