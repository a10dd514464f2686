// postgres_server.hpp: a PostgreSQL for this run.
//
// The one that $LAB_POSTGRES_URL names; else one of this run's own, on a unix socket in the
// run's folder. A fresh data folder takes initdb a second, so one is kept in the user's
// cache folder, and copied.
//
// Lifetime  Our own goes with this object, or with the thread that made it, however either
//           ends. Ready once the constructor returns.
// Errors    No PostgreSQL to start: lab::Absent. A $LAB_POSTGRES_URL that is wrong or that
//           nobody answers at, or a server that does not get ready: lab::Error.
// Surprise  PostgreSQL refuses to run as root. Then it runs as the user `postgres`, and is
//           handed its folder as an open descriptor: so the folders above stay private.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/os/process.hpp"

namespace lab {

struct PostgresOptions {
  bool always_own = false;  // for what one does not do to somebody else's server
  int max_connections = 100;
  std::vector<std::pair<std::string, std::string>> settings{};  // as in postgresql.conf
};

class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  PostgresServer(PostgresServer&&) = delete;
  ~PostgresServer();

  const std::string& url() const { return url_; }  // as libpq and pgbench take it
  bool ours() const { return child_.has_value(); }
  pid_t pid() const { return child_ ? child_->pid() : 0; }
  const std::string& programs() const { return programs_; }  // folder of psql, pgbench

 private:
  void start(const PostgresOptions& options);

  std::string url_;
  std::string programs_;
  std::optional<Child> child_;
};

}  // namespace lab
