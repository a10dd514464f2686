// postgres_connection.hpp: a connection to PostgreSQL, as the pool wants one.
//
// Step 6: what a borrower may leave behind, and how it is cleaned. An open transaction is
// rolled back. Anything but plain reading and writing may have changed the session, and
// costs a DISCARD ALL. A clean connection costs nothing: no round trip.
//
// Limits    A SELECT may change the session too (set_config, an advisory lock, INTO TEMP).
//           That is not seen here.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "lab/postgres.hpp"
#include "pool.hpp"

namespace lab19 {

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const std::string& url) : postgres_(url) {}

  std::string query(const std::string& sql) override {
    // Of several statements only the last one tells what it was, or that it failed.
    if (sql.find(';') != std::string::npos) changed_ = true;
    const auto rows = postgres_.query(sql);
    if (!is_plain(rows.command())) changed_ = true;
    return rows.count() > 0 ? rows.text() : std::string();
  }
  int backend() const override { return postgres_.backend_pid(); }
  bool broken() const override { return postgres_.broken(); }
  bool ping() override { return succeeds("SELECT 1"); }
  bool reset() override {
    if (postgres_.in_transaction() && !succeeds("ROLLBACK")) return false;
    if (changed_ && !succeeds("DISCARD ALL")) return false;
    changed_ = false;
    return true;
  }

 private:
  static bool is_plain(std::string_view command) {
    constexpr std::array<std::string_view, 7> kPlain{
        "SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK"};
    for (const std::string_view plain : kPlain) {
      if (command.starts_with(plain)) return true;
    }
    return false;
  }
  bool succeeds(const char* sql) try {
    postgres_.query(sql);
    return true;
  } catch (const lab::Error&) {
    return false;
  }

  lab::Postgres postgres_;
  bool changed_ = false;
};

inline Connect to_postgres(std::string url) {
  return [url = std::move(url)] { return std::make_unique<PostgresConnection>(url); };
}

}  // namespace lab19
