// blog.hpp: posts, authors and comments in PostgreSQL, behind GraphQL and behind REST.
//
//   POST /graphql {"query": "{posts {title author {name}}}"}
//   GET  /posts?first=10&include=author&fields=title,author.name
//   GET  /users/7
//
// Threads   The server's, which waits for each query of the database: it is counted, and
//           not raced. A real server does not block its loop; it has a pool, as in lab 19.
// Left out  Permissions: a real resolver asks for each object whether its user may see it.
#pragma once

#include <atomic>

#include "lab/db/postgres.hpp"
#include "lab/net/http.hpp"
#include "loader.hpp"

namespace lab17 {

struct Setup {
  bool batched = true;  // else a query of the database for each key
  Limits limits{};
};

// A message in the picture, at the moment when it is sent.
void arrow(std::string_view from, std::string_view to, const std::string& what);

class Blog {
 public:
  explicit Blog(const std::string& postgres, Setup setup = {});

  std::uint16_t port() const { return server_.port(); }
  int queries() const { return queries_; }  // that PostgreSQL has answered
  static Schema schema();

 private:
  using Keys = std::vector<std::int64_t>;
  using Rows = std::map<std::int64_t, Outcome>;
  using Send = lab::http::Server::Reply;
  struct Visit;  // what the resolvers of one request share

  void graphql(const lab::http::Request& request, const Send& send);
  lab::http::Response rest(const lab::http::Request& request);
  Rows fetch(const std::string& what, std::int64_t first, const Keys& keys);

  const Setup setup_;
  const Schema schema_ = schema();
  lab::Postgres connection_;
  std::atomic<int> queries_ = 0;
  lab::http::Server server_;
};

}  // namespace lab17
