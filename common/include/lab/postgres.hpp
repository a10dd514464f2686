// postgres.hpp: one connection to PostgreSQL that waits for each answer.
//
// Threads   None: one connection for each thread at a time.
// Errors    PostgresError, in one line. broken() tells whether the connection outlived it.
// Left out  COPY, pipelines, binary values. On a loop: postgres_link.hpp.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "lab/error.hpp"

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

// What a query answered.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result);

  int count() const;
  bool is_null(int row, int column = 0) const;
  std::string text(int row = 0, int column = 0) const;  // "" for NULL
  long number(int row = 0, int column = 0) const;
  std::string command() const;  // what was done: "SELECT 1", "SET", "CREATE TABLE"
  const pg_result* raw() const { return result_.get(); }

 private:
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

class Postgres {
 public:
  // postgres://user:password@host:port/database, or "host=... user=...".
  explicit Postgres(const std::string& url,
                    std::chrono::seconds patience = std::chrono::seconds(5));

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
