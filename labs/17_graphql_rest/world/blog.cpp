#include "world/blog.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "lab/core/trace.hpp"

namespace lab17 {

using lab::http::Request;

namespace {

// What can be asked for by a key k.
const std::map<std::string, std::string> kRelations{
    {"posts", "posts WHERE true"},
    {"users/n", "users WHERE id = k"},
    {"users/n/posts", "posts WHERE author_id = k"},
    {"posts/n/comments", "comments WHERE post_id = k"}};

}  // namespace

void arrow(std::string_view from, std::string_view to, const std::string& what) {
  lab::trace::flow_in(lab::trace::flow_out(what, {.lane = from}), what, {.lane = to});
}

// The tables are temporary: nothing is left in a database that is somebody else's.
Blog::Blog(const std::string& postgres, Setup setup)
    : setup_(setup),
      connection_(postgres),
      server_([this](const Request& request, const Send& send) {
        request.target == "/graphql" ? graphql(request, send) : send(rest(request));
      }) {
  connection_.query(
      "CREATE TEMP TABLE users AS SELECT i AS id, 'Author ' || i AS name,"
      "  'author' || i || '@example.org' AS email, repeat('About me. ', 12) AS bio"
      "  FROM generate_series(1, 10) i;"
      "CREATE TEMP TABLE posts AS SELECT i AS id, 'Post ' || i AS title,"
      "  repeat('Words of a post. ', 25) AS body, 1 + i % 10 AS author_id,"
      "  DATE '2026-01-01' + i AS created FROM generate_series(1, 100) i;"
      "CREATE TEMP TABLE comments AS SELECT i AS id, 'Comment ' || i AS text,"
      "  1 + i % 100 AS post_id, 1 + i % 7 AS author_id FROM generate_series(1, 400) i");
}

// One query for all keys, the newest rows first. A key without rows is null, or no rows.
Blog::Rows Blog::fetch(const std::string& what, std::int64_t first, const Keys& keys) {
  arrow("server", "PostgreSQL", fmt::format("{}: {} keys", what, keys.size()));
  ++queries_;
  Rows rows;
  for (const auto key : keys) rows[key] = what.ends_with('s') ? Json::array() : Json();
  try {
    const auto found = connection_.query(
        fmt::format("SELECT k, row_to_json(t) FROM unnest($1::int[]) k, LATERAL "
                    "(SELECT * FROM {} ORDER BY id DESC LIMIT $2::int) t",
                    kRelations.at(what)),
        {fmt::format("{{{}}}", fmt::join(keys, ",")), std::to_string(first)});
    for (int i = 0; i < found.count(); ++i) {
      Json& value = std::get<Json>(rows[found.number(i)]);
      Json row = Json::parse(found.text(i, 1));
      value.is_array() ? value.push_back(std::move(row)) : value.swap(row);
    }
  } catch (const lab::PostgresError&) {  // whose words are not for strangers
    for (const auto key : keys) rows[key] = Failure{"The database failed."};
  }
  return rows;
}

struct Blog::Visit : Context {
  explicit Visit(Blog& visited) : blog(visited) {}
  Blog& blog;
  std::map<std::pair<std::string, std::int64_t>, Loader<std::int64_t>> loaders{};

  void load(const std::string& what, std::int64_t first, std::int64_t key,
            const Reply& reply) {
    if (!blog.setup_.batched) return reply(blog.fetch(what, first, {key}).at(key));
    const auto defer = [this](auto call) {
      blog.server_.run_after(std::chrono::milliseconds(0), call);
    };
    const auto batch = [=, this](const Keys& keys, auto on_rows) {
      on_rows(blog.fetch(what, first, keys));
    };
    loaders.try_emplace({what, first}, defer, batch).first->second.load(key, reply);
  }
};

Schema Blog::schema() {
  // A field of rows, whose key is an argument or stands in the parent.
  const auto rows = [](const char* type, const std::string& what, const std::string& key,
                       const Arguments& defaults = {}) {
    return FieldType{
        type, defaults, [what, key](const Call& call, const Reply& reply) {
          const auto argument = [&](const std::string& name, std::int64_t otherwise) {
            const auto found = call.arguments.find(name);
            return found == call.arguments.end() ? otherwise : found->second;
          };
          const auto id = call.parent.is_object() ? call.parent.value(key, 0) : 0;
          static_cast<Visit&>(call.context)
              .load(what, argument("first", 1), argument(key, id), reply);
        }};
  };
  const auto posts = [&](const char* what) {
    return rows("[Post!]!", what, "id", {{"first", 10}});
  };
  const FieldType user = rows("User", "users/n", "id", {{"id", 1}});
  const FieldType author = rows("User!", "users/n", "author_id");
  const FieldType comments =
      rows("[Comment!]!", "posts/n/comments", "id", {{"first", 3}});
  Schema made{{"Query", {{"posts", posts("posts")}, {"user", user}}},
              {"Post", {{"author", author}, {"comments", comments}}},
              {"User", {{"posts", posts("users/n/posts")}}},
              {"Comment", {{"author", author}}}};
  for (const char* type : {"Post", "User", "Comment"}) made[type]["id"] = {"Int!"};
  for (const char* name : {"title", "body", "created"}) made["Post"][name] = {"String!"};
  for (const char* name : {"name", "email", "bio"}) made["User"][name] = {"String!"};
  made["Comment"]["text"] = {"String!"};
  return made;
}

void Blog::graphql(const Request& request, const Send& send) {
  const Json body = Json::parse(request.body, nullptr, false);
  const Json query = body.is_object() ? body.value("query", Json()) : Json();
  if (request.method != "POST" || !query.is_string())
    return send({.status = 400, .body = "POST a JSON object with a query"});
  answer(schema_, query, setup_.limits, std::make_shared<Visit>(*this),
         [send](const Response& response) {
           send({response.executed ? 200 : 400, response.body.dump(),
                 "application/graphql-response+json"});
         });
}

namespace {

// What ",title,author.name," names of a row, or of each row.
Json sparse(Json value, const std::string& fields, const std::string& above = ",") {
  if (value.is_array()) {
    for (Json& row : value) row = sparse(row, fields, above);
    return value;
  }
  Json kept = Json::object();
  for (const auto& [name, inner] : value.items()) {
    const bool named = fields.find(above + name + ",") != fields.npos;
    if (named) kept[name] = inner;
    if (!named && inner.is_object())
      kept[name] = sparse(inner, fields, above + name + ".");
  }
  return kept;
}

std::string parameter(const std::string& target, const std::string& name) {
  const auto query =
      "&" + target.substr(std::min(target.find('?'), target.size() - 1) + 1);
  const std::size_t at = query.find("&" + name + "=");
  if (at == query.npos) return {};
  const std::string value = query.substr(at + name.size() + 2);
  return value.substr(0, value.find('&'));
}

}  // namespace

lab::http::Response Blog::rest(const Request& request) {
  const std::string& target = request.target;
  const std::string path = target.substr(0, target.find('?'));
  int key = 0, end = 0, first = 10;
  sscanf(parameter(target, "first").c_str(), "%4d", &first);
  const bool is_list = path == "/posts";
  if (!is_list) sscanf(path.c_str(), "/users/%9d%n", &key, &end);
  if (request.method != "GET" || (!is_list && end != static_cast<int>(path.size())))
    return {404};
  const Rows found =
      fetch(is_list ? "posts" : "users/n", std::clamp(first, 1, 100), {key});
  if (std::holds_alternative<Failure>(found.at(key))) return {503};
  Json rows = std::get<Json>(found.at(key));
  if (rows.is_null()) return {404};
  if (is_list && parameter(target, "include") == "author") {
    std::set<std::int64_t> ids;
    for (const Json& row : rows) ids.insert(row["author_id"].get<int>());
    Rows users = fetch("users/n", 1, {ids.begin(), ids.end()});
    for (Json& row : rows) {
      const auto* user = std::get_if<Json>(&users[row["author_id"].get<int>()]);
      row["author"] = user ? *user : Json();
    }
  }
  const std::string fields = parameter(target, "fields");
  const std::string body =
      (fields.empty() ? rows : sparse(rows, "," + fields + ",")).dump();
  const auto tag = fmt::format("W/\"{:x}\"", std::hash<std::string>()(body));
  const bool known =
      std::ranges::count(request.headers,
                         std::pair<std::string, std::string>("If-None-Match", tag)) > 0;
  return {known ? 304 : 200, body, "application/json", {{"ETag", tag}}};
}

}  // namespace lab17
