// queries.cpp: what a query may ask for, what comes back, and what must be refused.
#include <random>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab17 {

using lab::Picture;
using lab::Story;

namespace {

// The keys of a response, without its values: all items of a list have the same.
Json keys_of(const Json& value) {
  if (value.is_array()) return value.empty() ? Json() : keys_of(value[0]);
  if (!value.is_object()) return Json();
  Json keys = Json::object();
  for (const auto& [key, inner] : value.items()) keys[key] = keys_of(inner);
  return keys;
}

// A query at random, written to `text`: returns the keys that it asks for.
Json random_set(std::mt19937& random, const std::string& type, int depth,
                std::string& text) {
  static const std::map<std::string, std::vector<std::pair<std::string, std::string>>>
      kShape{{"Query",
              {{"posts", "Post"}, {"post(id: 7)", "Post"}, {"user(id: 3)", "User"}}},
             {"Post",
              {{"id", ""},
               {"title", ""},
               {"created", ""},
               {"author", "User"},
               {"comments(first: 2)", "Comment"}}},
             {"User",
              {{"id", ""}, {"name", ""}, {"email", ""}, {"posts(first: 2)", "Post"}}},
             {"Comment", {{"id", ""}, {"text", ""}, {"author", "User"}}}};
  Json keys = Json::object();
  text += "{";
  for (int i = 0, wanted = 1 + static_cast<int>(random() % 3); i < wanted;) {
    const auto& fields = kShape.at(type);
    const auto& [field, inner] = fields[random() % fields.size()];
    if (!inner.empty() && depth == 0) continue;
    const std::string key = fmt::format("k{}", ++i);
    text += fmt::format(" {}: {}", key, field);
    keys[key] = inner.empty() ? Json() : random_set(random, inner, depth - 1, text);
  }
  text += "}";
  return keys;
}

// A row for each field of the query: how many values came back for it.
void add_values(const Json& value, const std::string& path,
                std::map<std::string, int>& counts) {
  if (value.is_array()) {
    for (const Json& item : value) add_values(item, path, counts);
    return;
  }
  ++counts[path];
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items())
    add_values(inner, path + (path.empty() ? "" : ".") + key, counts);
}

}  // namespace

void endpoint(Story& story, const Knobs& knobs) {
  const int queries = story.quick() ? 100 : 1000;
  story.say(
      "A phone and a browser need different fields of the same posts. Both post their "
      "queries to one URL of one server. Then {} random queries follow: expect the keys "
      "of each response to be those of its query.",
      queries);
  story.picture(Picture::sequence, {"client", "server", "PostgreSQL"});
  const Blog blog(postgres(), {.limits = Limits::none()});
  Screen screen(blog);
  const std::string posts = fmt::format("{{posts(first: {}) ", *knobs.posts);
  const Json phone = keys_of(screen.query(posts + "{title}}")["data"]["posts"]);
  const Json web = keys_of(screen.query(
      posts +
      "{title created author {name} comments(first: 2) {text}}}")["data"]["posts"]);
  story.table({"Two clients, one server",
               {"client", "URL", "keys"},
               {{"phone", *screen.urls.begin(), phone.dump()},
                {"browser", *screen.urls.begin(), web.dump()}}});
  story.claim(
      "17.7", phone != web && phone.size() == 1 && web.size() == 4,
      "the phone got {} key of each post and the browser {}, from the same server",
      phone.size(), web.size());
  std::mt19937 random(17);
  int same = 0;
  for (int i = 0; i < queries; ++i) {
    std::string text;
    const Json keys = random_set(random, "Query", 3, text);
    same += keys_of(screen.query(text)["data"]) == keys;
  }
  story.claim("17.5", same == queries,
              "{} of {} random queries got the keys that they asked for", same, queries);
  story.claim("17.4", screen.urls == std::set<std::string>{"/graphql"},
              "{} queries went to {} URL", screen.trips, screen.urls.size());
  story.takeaway(
      "The client writes the shape of its response. The server stays the same when a new "
      "client needs other fields.");
}

void nested(Story& story, const Knobs& knobs) {
  const int posts = *knobs.posts;
  story.say(
      "Posts, their comments, and who wrote those: a query four fields deep. By REST "
      "that "
      "is the posts, and the comments of each: expect {} requests against 1.",
      posts + 1);
  story.picture(Picture::tree, {"The query, and what it fetched"});
  const Blog blog(postgres());
  Screen graphql(blog), rest(blog);
  const Json response = graphql.query(fmt::format(
      "{{posts(first: {}) {{title comments(first: 2) {{text author {{name}}}}}}}}",
      posts));
  for (const Json& post : rest.rest(fmt::format("/posts?first={}", posts)))
    rest.rest(
        fmt::format("/posts/{}/comments?first=2&include=author", post["id"].get<int>()));
  std::map<std::string, int> counts;
  add_values(response["data"], "", counts);
  lab::Table tree{"The query, and what it fetched", {"field", "within", "values"}, {}};
  for (const auto& [path, count] : counts) {
    if (!path.empty())
      tree.rows.push_back({path, path.substr(0, std::min(path.rfind('.'), path.size())),
                           std::to_string(count)});
  }
  story.table(tree);
  story.claim(
      "17.6",
      graphql.trips == 1 && rest.trips == posts + 1 &&
          counts["posts.comments.author.name"] == 2 * posts,
      "{} request fetched {} comments with their authors; REST with include took {}",
      graphql.trips, counts["posts.comments"], rest.trips);
  story.takeaway("A query that follows the graph needs one trip, however deep it goes.");
}

void failing(Story& story, const Knobs&) {
  story.say(
      "A resolver throws. Its field is null, and an error says where. But if the schema "
      "says that the field is never null, expect its whole parent to be gone.");
  story.picture(Picture::tree, {"What is there when n fails"});
  lab::Table table{"The response when n fails", {"type of n", "data"}, {}};
  lab::Table lights{"What is there when n fails", {"value", "schema", "light"}, {}};
  for (const std::string type : {"Int", "Int!"}) {
    const auto object = [](int id) {
      return [id](const Call&, const Reply& reply) { reply(Json{{"id", id}}); };
    };
    const Schema schema{
        {"Query", {{"a", {"T", {}, object(1)}}, {"b", {"T", {}, object(2)}}}},
        {"T", {{"id", {"Int!"}}, {"n", {type.c_str(), {}, [](const Call&, const Reply&) {
                                          throw std::runtime_error("out of stock");
                                        }}}}}};
    Json body;
    answer(schema, "{a {id n} b {id}}", {}, std::make_shared<Context>(),
           [&](const Response& response) { body = response.body; });
    table.rows.push_back({type, body["data"].dump()});
    const std::string parent = "n: " + type;
    lights.rows.push_back({parent, "", ""});
    for (const char* path : {"/a", "/a/id", "/a/n", "/b", "/b/id"}) {
      const Json::json_pointer at(path);
      const bool there = body["data"].contains(at) && !body["data"][at].is_null();
      lights.rows.push_back({parent + " " + path, parent, there ? "green" : "red"});
    }
    story.claim("17.5",
                body["errors"].size() == 1 && body["data"]["b"]["id"] == 2 &&
                    body["errors"][0]["path"] == Json{"a", "n"} &&
                    body["data"]["a"].is_null() == (type == "Int!"),
                "n of type {}: the error's path is {}, and the data {}", type,
                body["errors"][0]["path"].dump(), body["data"].dump());
  }
  story.table(table);
  story.table(lights);
  story.takeaway(
      "The status is 200, so clients must look at `errors`. Say \"never null\" only "
      "where "
      "losing the parent is right.");
}

// Step 10: the same attacks with no limits, and with them.
void hostile(Story& story, const Knobs&) {
  story.say(
      "Four hostile queries, of a few hundred bytes at most. Without limits expect "
      "thousands of database queries for one of them. With limits on depth, aliases and "
      "cost, expect all to be refused before the first.");
  story.picture(Picture::bars, {"What a hostile query costs"});
  std::string aliases = "{", fragments = "{user(id: 1) {...F0}}";
  for (int i = 1; i <= 60; ++i)
    aliases += fmt::format("a{0}: posts(first: {0}) {{id}} ", i);
  for (int i = 0; i < 6; ++i) {
    const std::string next = i < 5 ? fmt::format("...F{}", i + 1) : "name";
    fragments += fmt::format(
        " fragment F{0} on User {{x: posts(first: 1) {{author {{{1}}}}} y: posts(first: "
        "1) "
        "{{author {{{1}}}}}}}",
        i, next);
  }
  const std::string deep =
      "{posts {author {posts {author {posts {author {posts {title}}}}}}}}";
  const Blog open(postgres(), {.batched = false, .limits = Limits::none()});
  const Blog batched(postgres(), {.limits = Limits::none()}), limited(postgres());
  lab::Table table{"What a hostile query costs",
                   {"query", "its bytes", "refused because", "response bytes",
                    "with a loader", "database queries"},
                   {}};
  int refused = 0, worst = 0;
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, std::string>>{
           {"deep", deep},
           {"60 aliases", aliases + "}"},
           {"fragments that double", fragments},
           {"fragments in a circle", "{...A} fragment A on Query {...A}"}}) {
    const int before = open.queries(), before_batched = batched.queries();
    Screen attack(open), calmer(batched), stopped(limited);
    attack.query(text);
    calmer.query(text);
    const Json response = stopped.query(text);
    refused += !response.contains("data");
    worst = std::max(worst, open.queries() - before);
    table.rows.push_back({name, std::to_string(text.size()),
                          response["errors"][0]["message"], std::to_string(attack.bytes),
                          std::to_string(batched.queries() - before_batched),
                          std::to_string(open.queries() - before)});
  }
  story.table(table);
  story.claim("17.8", worst > 2000 && refused == 4 && limited.queries() == 0,
              "a query of {} bytes made {} database queries; with limits {} of 4 hostile "
              "queries were refused, after {} queries",
              deep.size(), worst, refused, limited.queries());
  story.nuance(
      "17.8",
      "A loader makes the deep query cheap for the database, but not its response. "
      "Aliases with other arguments defeat it. Fragments in a circle are no valid "
      "query, with limits or without.");
  story.takeaway(
      "Limit depth, aliases and cost before you execute, or accept only queries that you "
      "know: persisted queries.");
}

}  // namespace lab17
