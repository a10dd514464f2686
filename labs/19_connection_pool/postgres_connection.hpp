// postgres_connection.hpp: a connection to PostgreSQL, as the pool wants one.
//
// Cost      One round trip for each borrower that asked anything: see reset().
// Left out  What DISCARD ALL leaves alone: libraries that were loaded and what they keep,
//           and the seed of random().
#pragma once

#include <memory>
#include <string>

#include "connection_pool.hpp"
#include "lab/db/postgres.hpp"

namespace lab19 {

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const std::string& url) : postgres_(url) {}

  std::string query(const std::string& sql) override {
    used_ = true;
    const auto rows = postgres_.query(sql);
    return rows.count() > 0 ? rows.text() : std::string();
  }
  int backend() const override { return postgres_.backend_pid(); }
  bool broken() const override { return postgres_.broken(); }
  bool ping() override { return succeeds("SELECT 1"); }

  // What a borrower may leave behind: an open transaction, settings, temporary
  // tables, prepared statements, LISTEN, advisory locks. The answer to a statement does not
  // tell: SELECT set_config(...) changes a setting, and CREATE TEMP TABLE AS answers
  // "SELECT". So the policy looks at no statement: whoever asked anything costs a
  // DISCARD ALL.
  bool reset() override {
    if (!used_) return true;
    if (postgres_.in_transaction() && !succeeds("ROLLBACK")) return false;
    used_ = !succeeds("DISCARD ALL");
    return !used_;
  }

 private:
  bool succeeds(const char* sql) try {
    postgres_.query(sql);
    return true;
  } catch (const lab::Error&) {
    return false;
  }

  lab::Postgres postgres_;
  bool used_ = false;  // since the last reset
};

inline Connect to_postgres(std::string url) {
  return [url = std::move(url)] { return std::make_unique<PostgresConnection>(url); };
}

}  // namespace lab19
