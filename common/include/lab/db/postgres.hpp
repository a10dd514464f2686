// postgres.hpp: one connection to PostgreSQL that waits for each answer.
//
// Threads   None: one connection for each thread at a time.
// Errors    PostgresError, in one line. broken() tells whether the connection outlived it.
// Left out  COPY, which is an error and ends the connection; pipelines, binary values.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "lab/core/error.hpp"
#include "lab/core/time_span.hpp"

struct pg_conn;
struct pg_result;

namespace lab {

class PostgresError : public Error {
 public:
  PostgresError(std::string_view tried, std::string_view cause, std::string state)
      : Error(tried, cause), state_(std::move(state)) {}

  // SQLSTATE, as "23505" for a unique value that is there already; empty if the server
  // did not say one.
  const std::string& state() const { return state_; }

 private:
  std::string state_;
};

// What a query answered: no rows for an empty query, or one that returns none.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result);

  int count() const;
  bool is_null(int row, int column = 0) const;
  std::string text(int row = 0, int column = 0) const;  // "" for NULL
  long number(int row = 0, int column = 0) const;

 private:
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

class Postgres {
 public:
  // postgres://user:password@host:port/database, or "host=... user=...". libpq counts the
  // patience in whole seconds, of which it takes two at least.
  explicit Postgres(const std::string& url, TimeSpan patience = std::chrono::seconds(5));

  // Without parameters the SQL may hold several statements: the last one's answer counts.
  PostgresRows query(const std::string& sql,
                     std::initializer_list<std::string> parameters = {});

  bool broken() const;          // as far as it was noticed: this does not ask
  bool in_transaction() const;  // also one that has failed
  int backend_pid() const;      // the server's process for this connection
  pg_conn* raw() { return connection_.get(); }

 private:
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  bool ended_ = false;
};

}  // namespace lab
