// attacks.cpp: one list of attacks, fired at both APIs.
#include <fmt/ranges.h>

#include <set>

#include "guards/security_headers.hpp"
#include "guards/validation.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace {

struct Attack {
  const char* name;
  bool (*succeeds)(Caller& attacker, Shop& shop);
};

bool logs_in(Caller& attacker, const Json& password) {
  return attacker.post("/login", {{"user", "admin"}, {"password", password}}).status ==
         200;
}

Response order(Caller& attacker, const Json& body) {
  return attacker.post("/orders", body, attacker.log_in("ann"));
}

// A token for admin with this header; `secret` signs it, if there is one.
bool is_believed(Caller& attacker, const char* algorithm, const std::string& secret) {
  const std::string part = to_base64url(Json{{"alg", algorithm}}.dump()) + "." +
                           to_base64url(R"({"iss":"shop","aud":"shop","sub":"admin"})");
  const std::string signature = secret.empty() ? "" : hmac_sha256(secret, part);
  return attacker.get("/me", part + "." + to_base64url(signature)).status == 200;
}

constexpr Attack kAttacks[] = {
    {"password {\"$ne\": \"x\"}",
     [](Caller& attacker, Shop&) {
       return logs_in(attacker, {{"$ne", "x"}});
     }},
    {"password {\"$exists\": true}",
     [](Caller& attacker, Shop&) {
       return logs_in(attacker, {{"$exists", true}});
     }},
    {"order with \"paid\": true",
     [](Caller& attacker, Shop& shop) {
       order(attacker, {{"item", "tea"}, {"quantity", 1}, {"paid", true}});
       return shop.last_order() != Json() && shop.last_order().at("paid") == true;
     }},
    {"order of -3 pieces",
     [](Caller& attacker, Shop&) {
       return order(attacker, {{"item", "tea"}, {"quantity", -3}}).status == 200;
     }},
    {"order of \"30\" pieces",
     [](Caller& attacker, Shop&) {
       return order(attacker, {{"item", "tea"}, {"quantity", "30"}}).status == 200;
     }},
    {"token with alg none",
     [](Caller& attacker, Shop&) { return is_believed(attacker, "none", ""); }},
    {"token signed with the public key",
     [](Caller& attacker, Shop& shop) {
       return is_believed(attacker, "HS256", shop.key().public_pem());
     }},
    {"order from a foreign page",
     [](Caller& attacker, Shop& shop) {
       const std::string token = attacker.log_in("ann");
       const int before = shop.handled();
       attacker.send({.method = "POST",
                      .target = "/orders",
                      .body = R"({"item":"tea","quantity":1})",
                      .headers = {{"Origin", kEvilPage},
                                  {"Content-Type", "text/plain"},
                                  {"Authorization", "Bearer " + token}}});
       return shop.handled() > before;
     }},
    {"the shop in a frame",
     [](Caller& attacker, Shop&) {
       return header(attacker.get("/").headers, "x-frame-options").empty();
     }},
};

std::set<std::string> names(const Headers& headers) {
  std::set<std::string> found;
  for (const auto& [name, value] : headers) found.insert(name);
  return found;
}

}  // namespace

void attacks(lab::Story& story, const Knobs&) {
  story.say(
      "An attacker tries {} attacks on two APIs of the same shop. One has no guards, and "
      "the other has guards in front of its handlers. All attacks should succeed on the "
      "first API and none on the second.",
      std::size(kAttacks));
  story.picture(lab::Picture::bars, {"What got through"});
  Shop hurried({.name = "unguarded API", .written = Written::in_a_hurry});
  Shop guarded({.name = "guarded API"});
  Caller at_hurried("attacker", hurried), at_guarded("attacker", guarded);

  lab::Table table{"What got through", {"attack", "unguarded API", "guarded API"}, {}};
  std::set<std::string_view> exploited, blocked;
  for (const Attack& attack : kAttacks) {
    const bool first = attack.succeeds(at_hurried, hurried);
    const bool second = attack.succeeds(at_guarded, guarded);
    if (first) exploited.insert(attack.name);
    if (!second) blocked.insert(attack.name);
    const auto outcome = [](bool succeeded) {
      return succeeded ? "exploited" : "blocked";
    };
    table.rows.push_back({attack.name, outcome(first), outcome(second)});
  }
  story.table(table);
  // All rows of the table whose attack begins so: exploited on the left, blocked on the right.
  const auto told_apart = [&](std::string_view begin, std::size_t expected) {
    std::size_t rows = 0;
    for (const std::string_view name : exploited)
      rows += name.starts_with(begin) && blocked.contains(name);
    return rows == expected;
  };

  const auto bare = names(at_hurried.get("/").headers);
  const auto full = names(at_guarded.get("/").headers);
  std::set<std::string> added;
  for (const auto& [name, value] : kSecurityHeaders)
    if (full.contains(name) && !bare.contains(name)) added.insert(name);
  // The control: the same headers without any other guard block nothing.
  Api headers_alone([](const Exchange&) { return Response{}; });
  headers_alone.use("security headers", security_headers());
  const Response passed = headers_alone.handle(
      {.method = "POST", .body = R"({"user":"admin","password":{"$ne":"x"}})"});
  story.claim("15.1",
              added.size() == 12 && bare.contains("X-Powered-By") &&
                  !full.contains("X-Powered-By") && passed.status == 200 &&
                  told_apart("the shop in a frame", 1),
              "the guarded API sends {} more headers and no X-Powered-By. Control: with "
              "these headers alone, the login with $ne still reached the handler",
              added.size());

  Json body{{"quantity", "30"}, {"admin", true}};
  const auto problems =
      Shape::object({{"item", Shape::text(1, 64)}, {"quantity", Shape::integer(1, 100)}})
          .check(body);
  std::vector<std::string> told;
  for (const auto& [path, what] : problems) told.push_back(path + " " + what);
  story.claim(
      "15.4", told_apart("order ", 4) && problems.size() == 3,
      "the guarded API accepted none of 4 bad orders. In one body it named all 3 "
      "problems: {}. Control: the unguarded API accepted all 4, one of them as paid",
      fmt::join(told, ", "));
  story.nuance("15.4",
               "Joi and Zod differ. Joi turns the string \"30\" into 30 and rejects "
               "unknown keys. Zod does not coerce, and it strips unknown keys unless the "
               "object is strict. Know which behaviour your handlers rely on.");

  Users users;
  users.insert({{"user", "admin"}, {"password", "s3cret"}});
  const auto found = [&](const Json& password) {
    return users.find_one({{"user", "admin"}, {"password", password}}).has_value();
  };
  story.claim(
      "15.8",
      told_apart("password ", 2) && found("s3cret") && !found("x") &&
          found({{"$ne", "x"}}) && !found(Json{{"$ne", "x"}}.dump()),
      "libmongoc's matcher finds admin with {{\"$ne\": \"x\"}}, as with the right "
      "password, but not with the same operator as a string. The login with the operator "
      "succeeded on the unguarded API, and failed on the guarded one");
  story.nuance(
      "15.8",
      "A JSON body can carry operators in Express 4 and 5. A query string like "
      "password[$ne]=x can do so only in 4, because the default parser of 5 is flat. The "
      "package express-mongo-sanitize crashes on 5. With a schema you do not need it.");
  story.takeaway(
      "Never trust input: check its shape, verify its signature, and tell the browser "
      "what not to do. Each guard stops one kind of attack and nothing else.");
}

}  // namespace lab15
