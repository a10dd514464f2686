// code_flow.cpp: OAuth 2's code flow, and a thief who sees the browser's address bar.
#include "guards/oauth.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace trace = lab::trace;
using lab::http::Server;

namespace {

constexpr const char* kClient = "notes app";
constexpr const char* kRedirect = "https://notes.example/back";

// The authorization server on loopback: a JSON body in, a JSON body out.
class Login {
 public:
  Login(const char* name, bool requires_pkce)
      : name_(name),
        grants_(Key::generate_rs256(), {{kClient, kRedirect}}, requires_pkce),
        http_([this](const Request& request, const Server::Reply& reply) {
          reply(serve(request.target, Json::parse(request.body)));
        }) {
    trace::actor(name_, trace::Actor::service);
  }

  // A call over HTTP, drawn from `who` and back. Null: refused.
  Json ask(const char* who, const std::string& target, const Json& body) {
    draw(target, who, name_);
    lab::http::Client http("127.0.0.1", http_.port());
    const auto result =
        http.request({.method = "POST", .target = target, .body = body.dump()},
                     std::chrono::seconds(10));
    const Json answer = Json::parse(std::get<Response>(result).body);
    draw(answer.is_null()     ? "refused"
         : target == "/token" ? "tokens"
                              : "code",
         name_, who);
    return answer;
  }

  static void draw(const std::string& what, const char* from, const char* to) {
    trace::flow_in(trace::flow_out(what, {.lane = from}), what, {.lane = to});
  }

 private:
  // The user who says yes is ann: her login and consent are not what this is about.
  Response serve(const std::string& target, const Json& body) {
    const auto now =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    Json answer;
    if (target == "/authorize") {
      const auto code = grants_.authorize({.client = kClient,
                                           .redirect = kRedirect,
                                           .scope = body.at("scope"),
                                           .challenge = body.value("challenge", ""),
                                           .nonce = body.value("nonce", "")},
                                          "ann", now);
      if (code) answer = *code;
    } else {
      const auto tokens =
          grants_.token(kClient, kRedirect, body.at("code").get<std::string>(),
                        body.value("verifier", ""), now);
      if (tokens) answer = {{"access", tokens->access}, {"id", tokens->id}};
    }
    return {.status = answer.is_null() ? 400 : 200, .body = answer.dump()};
  }

  const char* const name_;
  AuthorizationServer grants_;
  Server http_;
};

}  // namespace

void code_flow(lab::Story& story, const Knobs&) {
  story.say(
      "A notes app asks for access to Ann's orders. The code comes back through the "
      "browser, and a thief reads it there. Without PKCE the thief should get the "
      "tokens. With PKCE the thief lacks the app's verifier.");
  story.picture(lab::Picture::sequence,
                {"notes app", "login server", "old login server", "thief"});
  trace::actor("notes app", trace::Actor::client);
  trace::actor("thief", trace::Actor::client);
  const std::string verifier = to_base64url(random_bytes(32));
  const Json asked{{"scope", "openid orders:read"},
                   {"challenge", challenge_of(verifier)},
                   {"nonce", "n-7"}};

  trace::instant("without PKCE", {.lane = "case"});
  Login old("old login server", false);
  const Json open_code = old.ask(kClient, "/authorize", {{"scope", "orders:read"}});
  Login::draw("sees the code", kClient, "thief");
  const bool stolen = !old.ask("thief", "/token", {{"code", open_code}}).is_null();

  trace::instant("with PKCE", {.lane = "case"});
  Login login("login server", true);
  const bool needed =
      login.ask(kClient, "/authorize", {{"scope", "orders:read"}}).is_null();
  const Json seen = login.ask(kClient, "/authorize", asked);
  Login::draw("sees the code", kClient, "thief");
  const bool stopped =
      login.ask("thief", "/token", {{"code", seen}, {"verifier", "guessed"}}).is_null();
  const Json code = login.ask(kClient, "/authorize", asked);
  const Json tokens =
      login.ask(kClient, "/token", {{"code", code}, {"verifier", verifier}});
  const bool once =
      login.ask(kClient, "/token", {{"code", code}, {"verifier", verifier}}).is_null();

  const Json access = read_token(tokens.value("access", "")).value_or(Json::object());
  const Json id = read_token(tokens.value("id", "")).value_or(Json::object());
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  story.table({"Does the holder of the code get tokens?",
               {"who", "tokens"},
               {{"thief, without PKCE", yes(stolen)},
                {"thief, with PKCE", yes(!stopped)},
                {"app, with its verifier", yes(tokens.is_object())},
                {"app, the same code again", yes(!once)}}});
  story.table(
      {"What the two tokens say",
       {"token", "for", "who logged in"},
       {{"access token", access.value("aud", ""), access.value("sub", "not said")},
        {"ID token", id.value("aud", ""), id.value("sub", "not said")}}});
  story.claim("15.6",
              stolen && needed && stopped && tokens.is_object() && once &&
                  !access.contains("sub") && id.value("sub", "") == "ann" &&
                  id.value("aud", "") == kClient && id.value("nonce", "") == "n-7",
              "the access token names a scope ({}) but no user, and the ID token of "
              "OpenID Connect names {}. With PKCE the thief got no tokens. Control: "
              "without PKCE the stolen code was enough",
              access.value("scope", ""), id.value("sub", ""));
  story.nuance("15.6",
               "OAuth 2 (RFC 6749) is delegated authorization. If an app takes an access "
               "token as proof of who logged in, an attacker can use a token that was "
               "issued to another app. OpenID Connect adds authentication.");
  story.takeaway(
      "PKCE works because the code passes through the browser, and the verifier does "
      "not.");
}

}  // namespace lab15
