#include "world/blog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "lab/core/trace.hpp"

namespace lab17 {

namespace trace = lab::trace;
namespace http = lab::http;

Blog::Blog(const std::string& postgres, Setup setup)
    : setup_(setup), connection_(postgres) {
  // Temporary tables: nothing is left in a database that is somebody else's.
  connection_.query(
      "CREATE TEMP TABLE users AS SELECT i AS id, 'Author ' || i AS name,"
      "  'author' || i || '@example.org' AS email, repeat('About me. ', 12) AS bio"
      "  FROM generate_series(1, 10) i;"
      "CREATE TEMP TABLE posts AS SELECT i AS id, 'Post ' || i AS title,"
      "  repeat('Words of a post. ', 25) AS body, 1 + i % 10 AS author_id,"
      "  DATE '2026-01-01' + i AS created FROM generate_series(1, 100) i;"
      "CREATE TEMP TABLE comments AS SELECT i AS id, 'Comment ' || i AS text,"
      "  1 + i % 100 AS post_id, 1 + i % 7 AS author_id FROM generate_series(1, 400) i");
  server_.emplace(
      loop_, [this](const auto& request, const auto& reply) { handle(request, reply); });
  port_ = server_->listen();
  thread_ = std::jthread([this] { loop_.run(); });
}

Blog::~Blog() {
  stop_.send();
  thread_.join();  // once the queries on their way have been answered
}

struct Blog::Job {
  uv_work_t work{};
  Blog& blog;
  Relation what;
  std::vector<std::int64_t> keys;
  std::function<void(Rows::Values)> on_values;
  Rows::Values values{};

  // On a thread of the pool.
  void run() {
    const std::lock_guard lock(blog.mutex_);
    const std::string sql = fmt::format(
        "SELECT k, row_to_json(t) FROM unnest($1::int[]) k, LATERAL (SELECT * FROM {} "
        "WHERE {} ORDER BY id DESC LIMIT $2::int) t",
        what.table, what.where);
    try {
      const auto rows = blog.connection_.query(
          sql, {fmt::format("{{{}}}", fmt::join(keys, ",")), std::to_string(what.first)});
      for (const std::int64_t key : keys)
        values[key] = what.many ? Json::array() : Json(nullptr);
      for (int i = 0; i < rows.count(); ++i) {
        Json& value = std::get<Json>(values[rows.number(i)]);
        const Json row = Json::parse(rows.text(i, 1));
        if (!what.many) value = row;
        if (what.many) value.push_back(row);
      }
    } catch (const lab::PostgresError&) {  // what it says is not the client's business
      for (const std::int64_t key : keys) values[key] = Failure{"The database failed."};
    }
    ++blog.queries_;
  }
};

void Blog::fetch(const Relation& what, const std::vector<std::int64_t>& keys,
                 std::function<void(Rows::Values)> on_values) {
  const std::string name = fmt::format("{} of {} keys", what.table, keys.size());
  trace::flow_in(trace::flow_out(name, {.lane = "server"}), name, {.lane = "PostgreSQL"});
  auto* job = new Job{.blog = *this, .what = what, .keys = keys, .on_values = on_values};
  job->work.data = job;
  uv_queue_work(
      loop_.raw(), &job->work,
      [](uv_work_t* work) { static_cast<Job*>(work->data)->run(); },
      [](uv_work_t* work, int) {
        const std::unique_ptr<Job> done(static_cast<Job*>(work->data));
        done->on_values(std::move(done->values));
      });
}

struct Blog::Request : Context {
  explicit Request(Blog& served) : blog(served) {}
  Blog& blog;
  std::map<Relation, Rows> loaders{};

  void load(const Relation& what, std::int64_t key, const Reply& reply) {
    if (!blog.setup_.batched) {
      return blog.fetch(what, {key}, [=](Rows::Values values) { reply(values.at(key)); });
    }
    const auto defer = [this](auto call) { blog.immediates_.set_immediate(call); };
    const auto batch = [this, what](const auto& keys, auto on_values) {
      blog.fetch(what, keys, on_values);
    };
    loaders.try_emplace(what, defer, batch).first->second.load(key, reply);
  }
};

Schema Blog::schema() {
  // A resolver of rows. Their key is an argument, or stands in the parent.
  const auto rows = [](Relation what, std::string key) {
    return [what, key](const Call& call, const Reply& reply) {
      Relation asked = what;
      if (what.many) asked.first = call.arguments.at("first");
      const std::int64_t id = call.arguments.contains(key) ? call.arguments.at(key)
                              : key.empty()                ? 0
                                            : call.parent.at(key).get<long>();
      static_cast<Request&>(call.context).load(asked, id, reply);
    };
  };
  const auto many = [&](const char* table, const char* where, const char* key) {
    return rows({table, where, 1, true}, key);
  };
  const auto one = [&](const char* table, const char* key) {
    return rows({table, "id = k"}, key);
  };
  return {
      {"Query",
       {{"posts", {"[Post!]!", {{"first", 10}}, many("posts", "true", "")}},
        {"post", {"Post", {{"id", {}}}, one("posts", "id")}},
        {"user", {"User", {{"id", {}}}, one("users", "id")}}}},
      {"Post",
       {{"id", {"Int!"}},
        {"title", {"String!"}},
        {"body", {"String!"}},
        {"created", {"String!"}},
        {"author", {"User!", {}, one("users", "author_id")}},
        {"comments",
         {"[Comment!]!", {{"first", 3}}, many("comments", "post_id = k", "id")}}}},
      {"User",
       {{"id", {"Int!"}},
        {"name", {"String!"}},
        {"email", {"String!"}},
        {"bio", {"String"}},
        {"posts", {"[Post!]!", {{"first", 10}}, many("posts", "author_id = k", "id")}}}},
      {"Comment",
       {{"id", {"Int!"}},
        {"text", {"String!"}},
        {"author", {"User!", {}, one("users", "author_id")}}}}};
}

void Blog::handle(const http::Request& request, const lab::uv::HttpServer::Reply& reply) {
  if (request.target != "/graphql") return rest(request, reply);
  const auto body = Json::parse(request.body, nullptr, false);
  if (request.method != "POST" || !body.is_object() || !body.contains("query") ||
      !body["query"].is_string())
    return reply({.status = 400, .body = "POST a JSON object with a query"});
  answer(schema_, body["query"], setup_.limits, std::make_shared<Request>(*this),
         [reply](const Response& response) {
           reply({.status = response.executed ? 200 : 400,
                  .body = response.body.dump(),
                  .content_type = "application/graphql-response+json"});
         });
}

namespace {

// "a,author.b" of ?fields=a,author.b
std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t question = std::min(target.find('?'), target.size());
  std::istringstream all(target.substr(std::min(question + 1, target.size())));
  for (std::string one; std::getline(all, one, '&');) {
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
  }
  return {};
}

// Keeps "name", and of objects what stands below "name.".
Json sparse(const Json& row, const std::string& fields, const std::string& above = "") {
  if (fields.empty()) return row;
  Json kept = Json::object();
  for (const auto& [name, value] : row.items()) {
    const std::string path = above + name;
    if (("," + fields + ",").find("," + path + ",") != std::string::npos) {
      kept[name] = value;
    } else if (value.is_object()) {
      kept[name] = sparse(value, fields, path + ".");
    }
  }
  return kept;
}

}  // namespace

void Blog::rest(const http::Request& request, const lab::uv::HttpServer::Reply& reply) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string first = parameter(request.target, "first");
  const bool counts = !first.empty() && first.size() < 4 &&
                      first.find_first_not_of("0123456789") == std::string::npos;
  Relation what{"posts", "true", counts ? std::stol(first) : 10, true};
  int key = 0, end = 0;
  if (sscanf(path.c_str(), "/users/%9d%n", &key, &end) == 1) {
    what = {"users", "id = k"};
  } else if (sscanf(path.c_str(), "/posts/%9d/comments%n", &key, &end) == 1 && end > 0) {
    what = {"comments", "post_id = k", what.first, true};
  } else {
    end = path == "/posts" ? 6 : 0;
  }
  if (request.method != "GET" || end != static_cast<int>(path.size()))
    return reply({.status = 404, .body = "not found"});
  const auto send = [request, reply](const Json& rows) {
    const std::string fields = parameter(request.target, "fields");
    Json body = rows.is_array() ? Json::array() : sparse(rows, fields);
    for (const Json& row : rows.is_array() ? rows : Json::array())
      body.push_back(sparse(row, fields));
    http::Response response{.body = body.dump(), .content_type = "application/json"};
    const auto tag = fmt::format("W/\"{:x}\"", std::hash<std::string>()(response.body));
    response.headers.emplace_back("ETag", tag);
    for (const auto& [name, value] : request.headers) {
      if (name == "If-None-Match" && value == tag) response.status = 304;
    }
    reply(response);
  };
  fetch(what, {key}, [=, this](const Rows::Values& values) {
    const auto* found = std::get_if<Json>(&values.at(key));
    if (!found) return reply({.status = 503, .body = "the database failed"});
    if (found->is_null()) return reply({.status = 404, .body = "not found"});
    if (parameter(request.target, "include") != "author" || !what.many)
      return send(*found);
    std::set<std::int64_t> ids;
    for (const Json& row : *found) ids.insert(row.value("author_id", 0));
    fetch({"users", "id = k"}, {ids.begin(), ids.end()},
          [send, rows = *found](Rows::Values users) mutable {
            for (Json& row : rows) {
              const auto* user = std::get_if<Json>(&users[row.value("author_id", 0)]);
              row["author"] = user ? *user : Json();
            }
            send(rows);
          });
  });
}

}  // namespace lab17
