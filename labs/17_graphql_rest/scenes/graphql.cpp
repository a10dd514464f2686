// graphql.cpp: what a query may ask for, what comes back, and what must be refused.
#include <algorithm>
#include <random>

#include "scenes/scenes.hpp"

namespace lab17 {

namespace {

// The keys of a value; all items of a list have the same.
Json keys_of(const Json& value) {
  if (value.is_array()) return value.empty() ? Json() : keys_of(value[0]);
  Json keys;
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) keys[key] = keys_of(inner);
  }
  return keys;
}

// Appends random fields to a query, and returns the keys that it asks for.
Json ask_at_random(std::mt19937& random, const std::string& type, int depth,
                   std::string& text) {
  static const Schema kSchema = Blog::schema();
  Json keys;
  text += "{";
  for (int i = 0, most = 1 + static_cast<int>(random() % 3); i < most;) {
    const auto& fields = kSchema.at(type);
    const auto& [name, field] =
        *std::next(fields.begin(), long(random() % fields.size()));
    const bool is_object = kSchema.contains(field.name());
    if (is_object && depth == 0) continue;
    const std::string key = fmt::format("k{}", ++i);
    text += fmt::format(" {}: {}{}", key, name, field.is_list() ? "(first: 2)" : "");
    keys[key] = is_object ? ask_at_random(random, field.name(), depth - 1, text) : Json();
  }
  text += "}";
  return keys;
}

// A row for each field of a response: its path, that of its parent, how many values.
void add_rows(lab::Table& tree, const Json& value, const std::string& path) {
  const auto row =
      std::ranges::find(tree.rows, path, [](const auto& one) { return one[0]; });
  const std::size_t dot = path.rfind('.');
  if (row == tree.rows.end())
    tree.rows.push_back(
        {path, dot == path.npos ? "" : path.substr(0, dot), dot == path.npos ? "" : "1"});
  else
    (*row)[2] = std::to_string(std::stoi((*row)[2]) + 1);
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items())
    for (const Json& one : inner.is_array() ? inner : Json::array({inner}))
      add_rows(tree, one, path + "." + key);
}

constexpr const char* kFetched = "Two queries, and how many values each one fetched";

// Which rule refused a query, by the server's message.
std::string refused_by(const std::string& message) {
  for (const auto& [part, rule] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"costs", "cost"}, {"aliases", "aliases"}, {"deep", "depth"}})
    if (message.find(part) != message.npos) return rule;
  return "validation";
}

}  // namespace

void shapes(lab::Story& story, const Knobs&) {
  const int queries = story.quick() ? 100 : 1000;
  story.say(
      "A phone and a browser need different fields of the same posts. Then {} random "
      "queries follow. All go to one URL of one server. Expect each response to have "
      "exactly the keys of its query.",
      queries);
  story.picture(lab::Picture::tree, {kFetched});
  const Blog blog(postgres(), {.limits = Limits::none()});
  Client client(blog);
  const Json phone = client.query("{posts {title}}")["data"];
  const Json browser =
      client.query("{posts {title author {name} comments {text}}}")["data"];
  lab::Table tree{kFetched, {"field", "of", "values"}, {}};
  add_rows(tree, phone, "phone");
  add_rows(tree, browser, "browser");
  story.table(tree);
  std::mt19937 random(17);
  int same = 0;
  for (int i = 0; i < queries; ++i) {
    std::string text;
    const Json keys = ask_at_random(random, "Query", 3, text);
    same += keys_of(client.query(text)["data"]) == keys;
  }
  const std::string phones = keys_of(phone).dump(), browsers = keys_of(browser).dump();
  story.claim("17.7", phones != browsers && phones == R"({"posts":{"title":null}})",
              "the same server sent the phone the keys {}, and the browser {}", phones,
              browsers);
  story.claim("17.5", same == queries,
              "{} of {} random queries got the keys that they asked for", same, queries);
  story.claim("17.4", client.urls == std::set<std::string>{"/graphql"},
              "{} queries went to {} URL", client.requests, client.urls.size());
  story.takeaway(
      "The client decides the shape of its response. The server stays as it is when a "
      "new client needs other fields.");
}

void failing(lab::Story& story, const Knobs&) {
  story.say(
      "The query is {{a {{id n}} b {{id}}}}, and n's resolver fails. If n may be null, "
      "expect only n to be null. If it may not, expect all of a to be null.");
  story.picture(lab::Picture::bars, {"When n fails"});
  lab::Table table{"When n fails", {"type of n", "data", "ids left"}, {}};
  const FieldType object{"T", {}, [](const Call&, const Reply& reply) {
                           reply(Json{{"id", 1}});
                         }};
  for (const std::string type : {"Int", "Int!"}) {
    const FieldType fails{type, {}, [](const Call&, const Reply& reply) {
                            reply(Failure{"out of stock"});
                          }};
    const Schema schema{{"Query", {{"a", object}, {"b", object}}},
                        {"T", {{"id", {"Int!"}}, {"n", fails}}}};
    Json body;
    answer(schema, "{a {id n} b {id}}", {}, std::make_shared<Context>(),
           [&](const Response& response) { body = response.body; });
    const std::string data = body["data"].dump(), path = body["errors"][0]["path"].dump();
    table.rows.push_back({type, data, body["data"]["a"].is_null() ? "1" : "2"});
    story.claim("17.5",
                path == R"(["a","n"])" &&
                    data == (type == "Int" ? R"({"a":{"id":1,"n":null},"b":{"id":1}})"
                                           : R"({"a":null,"b":{"id":1}})"),
                "with n of type {} the data is {}, and the error's path {}", type, data,
                path);
  }
  story.table(table);
  story.takeaway(
      "The status is 200, so clients must look at `errors`. Say \"never null\" only if "
      "losing the parent is right.");
}

// Step 10: the same attacks without limits and with them.
void hostile(lab::Story& story, const Knobs&) {
  story.say(
      "Five hostile queries. Without limits, expect one of them to make thousands of "
      "database queries. With limits on depth, aliases and cost, expect all to be "
      "refused before the first.");
  story.picture(lab::Picture::bars, {"What a hostile query costs"});
  std::string aliases = "{", fragments = "{user {...F0}}";
  for (int i = 1; i <= 60; ++i)
    aliases += fmt::format("a{0}: posts(first: {0}) {{id}} ", i);
  for (int i = 0; i < 6; ++i) {
    const auto once = fmt::format(": posts(first: 1) {{author {{{}}}}} ",
                                  i < 5 ? fmt::format("...F{}", i + 1) : "name");
    fragments += fmt::format(" fragment F{0} on User {{x{1} y{1}}}", i, once);
  }
  const std::string deep =
      "{posts {author {posts {author {posts {author {posts {id}}}}}}}}";
  const Blog open(postgres(), {.batched = false, .limits = Limits::none()}),
      limited(postgres());
  lab::Table table{"What a hostile query costs",
                   {"query", "refused by", "response bytes", "database queries"},
                   {}};
  int refused = 0, most = 0;
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, std::string>>{
           {"deep", deep},
           {"wide", "{posts(first: 100) {comments(first: 100) {author {name}}}}"},
           {"60 aliases", aliases + "}"},
           {"fragments that double", fragments},
           {"fragments in a circle", "{...A} fragment A on Query {...A}"}}) {
    const int before = open.queries();
    Client attacker(open), stopped(limited);
    attacker.query(text);
    const Json response = stopped.query(text);
    refused += !response.contains("data");
    most = std::max(most, open.queries() - before);
    table.rows.push_back({name, refused_by(response["errors"][0]["message"]),
                          std::to_string(attacker.bytes),
                          std::to_string(open.queries() - before)});
  }
  story.table(table);
  story.claim("17.8", most > 2000 && refused == 5 && limited.queries() == 0,
              "a query of {} bytes made {} database queries; with limits {} of 5 were "
              "refused, after {} queries",
              deep.size(), most, refused, limited.queries());
  story.takeaway(
      "Limit depth, aliases and cost before you execute, or accept only queries that you "
      "know: persisted queries.");
}

}  // namespace lab17
