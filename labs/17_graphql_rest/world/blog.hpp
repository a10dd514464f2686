// blog.hpp: posts, their authors and comments, behind GraphQL and behind REST.
//
//   POST /graphql {"query": "..."}          GET /users/7
//   GET /posts?first=10                     GET /posts/7/comments?first=3
//   GET ...?fields=title,author.name        GET /posts?include=author
//
// Ten authors, ten posts of each, four comments on each post. A GET has an ETag.
//
// Threads   One runs the loop. Queries wait on libuv's pool, and never block the loop.
// Left out  Users: a real resolver asks for each object whether this user may see it.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "lab/db/postgres.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/immediates.hpp"
#include "loader.hpp"

namespace lab17 {

struct Setup {
  bool batched = true;  // else a query for each key
  Limits limits{};
};

// The rows of a table that belong to a key, the newest first.
struct Relation {
  std::string table, where;
  std::int64_t first = 1;
  bool many = false;

  auto operator<=>(const Relation&) const = default;
};

class Blog {
 public:
  explicit Blog(const std::string& postgres, Setup setup = {});
  ~Blog();

  std::uint16_t port() const { return port_; }
  int queries() const { return queries_; }  // that PostgreSQL has answered

 private:
  using Rows = Loader<std::int64_t>;
  struct Request;  // its resolvers' context: the loaders
  struct Job;      // a query on its way

  static Schema schema();
  void handle(const lab::http::Request& request, const lab::uv::HttpServer::Reply& reply);
  void rest(const lab::http::Request& request, const lab::uv::HttpServer::Reply& reply);
  void fetch(const Relation& what, const std::vector<std::int64_t>& keys,
             std::function<void(Rows::Values)> on_values);

  const Setup setup_;
  const Schema schema_ = schema();
  std::mutex mutex_;  // of the connection: one query at a time
  lab::Postgres connection_;
  std::atomic<int> queries_ = 0;
  lab::uv::Loop loop_;
  lab::uv::Immediates immediates_{loop_};
  std::optional<lab::uv::HttpServer> server_;
  lab::uv::Async stop_{loop_, [this] {
                         server_.reset();
                         stop_.close();
                       }};
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace lab17
