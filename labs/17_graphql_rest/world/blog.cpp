#include "world/blog.hpp"

#include <fmt/ranges.h>

#include "lab/core/trace.hpp"
#include "lab/db/postgres_server.hpp"

namespace lab17 {

namespace trace = lab::trace;
using lab::http::Request;

namespace {

const std::string& postgres() {
  static const lab::PostgresServer one;  // started by the first blog
  return one.url();
}

// What can be asked for by a key, under the name that REST gives it, and the rows of key k.
const std::map<std::string, std::string> kRelations{
    {"posts", "posts WHERE true"},
    {"users/n", "users WHERE id = k"},
    {"users/n/posts", "posts WHERE author_id = k"},
    {"posts/n/comments", "comments WHERE post_id = k"}};

bool is_list(const std::string& what) {
  return what.ends_with('s');
}

}  // namespace

// The tables are temporary: nothing is left in a database that is somebody else's.
Blog::Blog(Setup setup)
    : setup_(setup),
      connection_(postgres()),
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
  const std::string name = fmt::format("{}: {} keys", what, keys.size());
  trace::flow_in(trace::flow_out(name, {.lane = "server"}), name, {.lane = "PostgreSQL"});
  ++queries_;
  Rows rows;
  for (const auto key : keys) rows[key] = is_list(what) ? Json::array() : Json();
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
  const FieldType id{"Int!"}, text{"String!"},
      author = rows("User!", "users/n", "author_id");
  const auto posts = [&](const char* what) {
    return rows("[Post!]!", what, "id", {{"first", 10}});
  };
  const auto comments = rows("[Comment!]!", "posts/n/comments", "id", {{"first", 3}});
  return {
      {"Query",
       {{"posts", posts("posts")}, {"user", rows("User", "users/n", "id", {{"id", 1}})}}},
      {"Post",
       {{"id", id},
        {"title", text},
        {"body", text},
        {"created", text},
        {"author", author},
        {"comments", comments}}},
      {"User",
       {{"id", id},
        {"name", text},
        {"email", text},
        {"bio", {"String"}},
        {"posts", posts("users/n/posts")}}},
      {"Comment", {{"id", id}, {"text", text}, {"author", author}}}};
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

// The fields of a row that ",title,author.name," names.
Json sparse(const Json& row, const std::string& fields, const std::string& above = ",") {
  Json kept = Json::object();
  for (const auto& [name, value] : row.items()) {
    const std::string path = above + name;
    const bool named = fields.find(path + ",") != fields.npos;
    if (named || value.is_object())
      kept[name] = named ? value : sparse(value, fields, path + ".");
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
  const std::string first = parameter(target, "first"),
                    fields = parameter(target, "fields");
  int key = 0, limit = 10;
  sscanf(first.c_str(), "%4d", &limit);
  std::string what = path == "/posts" ? "posts" : "";
  for (const auto& [form, relation] : {std::pair("/users/%9d%n", "users/n"),
                                       {"/posts/%9d/comments%n", "posts/n/comments"}}) {
    int end = 0;
    sscanf(path.c_str(), form, &key, &end);
    if (end == static_cast<int>(path.size())) what = relation;
  }
  if (request.method != "GET" || what.empty()) return {404};
  const Rows found = fetch(what, limit, {key});
  if (std::holds_alternative<Failure>(found.at(key))) return {503};
  Json rows = std::get<Json>(found.at(key));
  if (rows.is_null()) return {404};
  const bool is_one = rows.is_object();
  if (is_one) rows = Json::array({rows});
  if (parameter(target, "include") == "author") {
    std::set<std::int64_t> ids;
    for (const Json& row : rows) ids.insert(row.value("author_id", 0));
    Rows users = fetch("users/n", 1, {ids.begin(), ids.end()});
    for (Json& row : rows) {
      const Json* user = std::get_if<Json>(&users[row.value("author_id", 0)]);
      row["author"] = user ? *user : Json();
    }
  }
  for (Json& row : rows) {
    if (!fields.empty()) row = sparse(row, "," + fields + ",");
  }
  const std::string body = (is_one ? rows[0] : rows).dump();
  const auto tag = fmt::format("W/\"{:x}\"", std::hash<std::string>()(body));
  const bool known = std::ranges::any_of(request.headers, [&](const auto& header) {
    return header.first == "If-None-Match" && header.second == tag;
  });
  return {known ? 304 : 200, body, "application/json", {{"ETag", tag}}};
}

}  // namespace lab17
