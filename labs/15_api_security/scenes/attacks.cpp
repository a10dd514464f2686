// attacks.cpp: lists of attacks, each fired at APIs that differ in their guards.
#include <algorithm>
#include <set>

#include "guards/security_headers.hpp"
#include "guards/validation.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"
#include "world/users.hpp"

namespace lab15 {

namespace {

// One request from Ann's account, and how its response shows that the attack worked.
struct Attack {
  const char* name;
  const char* target;
  Json body;  // null: a GET
  bool (*worked)(const Response&) = [](const Response& got) { return got.status == 200; };
};

bool is_paid(const Response& got) {
  return got.status == 200 && Json::parse(got.body)["paid"] == true;
}
bool may_be_framed(const Response& got) {
  return find_header(got.headers, "x-frame-options").empty();
}

const Attack kOperator = {"password {\"$ne\": \"x\"}",
                          "/login",
                          {{"user", "admin"}, {"password", {{"$ne", "x"}}}}};

const std::vector<Attack> kInputs = {
    kOperator,
    {"password {\"$exists\": true}",
     "/login",
     {{"user", "admin"}, {"password", {{"$exists", true}}}}},
    {"order with \"paid\": true",
     "/orders",
     {{"item", "tea"}, {"quantity", 1}, {"paid", true}},
     is_paid},
    {"order of -3 pieces", "/orders", {{"item", "tea"}, {"quantity", -3}}},
    {"order of \"30\" pieces", "/orders", {{"item", "tea"}, {"quantity", "30"}}},
};

const std::vector<Attack> kPastHeaders = {
    {"the shop in a frame", "/", nullptr, may_be_framed},
    kOperator,
    {"order of -3 pieces", "/orders", {{"item", "tea"}, {"quantity", -3}}},
};

lab::Table fire(std::string title, const std::vector<Attack>& attacks,
                std::initializer_list<const Shop*> shops) {
  lab::Table table{std::move(title), {"attack"}, {}};
  for (const Attack& attack : attacks) table.rows.push_back({attack.name});
  for (const Shop* shop : shops) {
    table.columns.push_back(shop->name());
    Caller attacker("attacker", *shop);
    const std::string token = attacker.log_in("ann");
    for (std::size_t i = 0; i < attacks.size(); ++i) {
      const auto& [name, target, body, worked] = attacks[i];
      const Response got = body.is_null() ? attacker.get(target, token)
                                          : attacker.post(target, body, token);
      table.rows[i].push_back(worked(got) ? "exploited" : "blocked");
    }
  }
  return table;
}

// How many rows begin so and end in these outcomes, from the left to the right.
auto rows(const lab::Table& table, std::string_view begin,
          std::initializer_list<std::string_view> outcomes) {
  return std::ranges::count_if(table.rows, [&](const auto& row) {
    return row[0].starts_with(begin) &&
           std::equal(row.begin() + 1, row.end(), outcomes.begin(), outcomes.end());
  });
}

}  // namespace

void attacks(lab::Story& story, const Knobs&) {
  story.say(
      "An attacker sends bad input to two APIs of one shop, without and with guards.");
  story.picture(lab::Picture::bars, {"What got through"});
  const Shop hurried({.name = "unguarded API", .guards = Guards::none});
  const Shop guarded({.name = "guarded API"});
  const lab::Table table = fire("What got through", kInputs, {&hurried, &guarded});
  story.table(table);
  const auto told_apart = [&](std::string_view begin) {
    return rows(table, begin, {"exploited", "blocked"});
  };

  const auto problems =
      Shape::object({{"item", Shape::text(1, 64)}, {"quantity", Shape::integer(1, 100)}})
          .check({{"quantity", "30"}, {"admin", true}});
  std::set<std::string> paths;
  for (const Problem& problem : problems) paths.insert(problem.path);
  story.claim("15.4",
              told_apart("order ") == 3 &&
                  paths == std::set<std::string>{"admin", "item", "quantity"},
              "3 of 3 bad orders were blocked, and each of {} problems of one body was "
              "named. Control: unguarded, all 3 were accepted",
              problems.size());
  story.nuance("15.4",
               "Joi turns the string \"30\" into 30 and rejects unknown keys. Zod does "
               "not coerce, and it strips unknown keys unless the object is strict.");

  const Users users = {{{"user", "admin"}, {"password", "s3cret"}}};
  const auto found = [&](const Json& password) {
    return !find_one(users, {{"user", "admin"}, {"password", password}}).is_null();
  };
  story.claim("15.8",
              told_apart("password ") == 2 && found("s3cret") && !found("x") &&
                  found({{"$ne", "x"}}) && !found(R"({"$ne":"x"})"),
              "2 of 2 operators were blocked. Control: unguarded, both logged in");
  story.nuance(
      "15.8",
      "A JSON body can carry operators in Express 4 and 5. A query string like "
      "password[$ne]=x can do so only in 4, because the default parser of 5 is flat. The "
      "package express-mongo-sanitize crashes on 5. With a schema you do not need it.");
  story.takeaway("Check the shape of all input before a handler sees it.");
}

void headers(lab::Story& story, const Knobs&) {
  story.say(
      "The same shop with security headers and no other guard: they should keep it out "
      "of a foreign page's frame, and stop neither a login nor an order.");
  story.picture(lab::Picture::bars, {"What security headers stop"});
  const Shop bare({.name = "no guards", .guards = Guards::none});
  const Shop alone({.name = "headers alone", .guards = Guards::headers_alone});
  const Shop all({.name = "all guards"});
  const lab::Table table =
      fire("What security headers stop", kPastHeaders, {&bare, &alone, &all});
  story.table(table);

  const Headers before = Caller("browser", bare).get("/").headers,
                after = Caller("browser", alone).get("/").headers;
  const auto added = std::ranges::count_if(kSecurityHeaders, [&](const auto& header) {
    return find_header(before, header.first).empty() &&
           find_header(after, header.first) == header.second;
  });
  const bool hides = !find_header(before, "x-powered-by").empty() &&
                     find_header(after, "x-powered-by").empty();
  story.claim(
      "15.1",
      added == 12 && hides &&
          rows(table, "the shop", {"exploited", "blocked", "blocked"}) == 1 &&
          rows(table, "", {"exploited", "exploited", "blocked"}) == 2,
      "{} headers more and no X-Powered-By kept the shop out of a frame. Control: "
      "the login with $ne and the bad order still worked",
      added);
  story.nuance(
      "15.1",
      "The strongest is the Content-Security-Policy. Helmet's default policy breaks "
      "many pages, so write your own.");
  story.takeaway("Headers instruct a browser. An attacker's program does not read them.");
}

}  // namespace lab15
