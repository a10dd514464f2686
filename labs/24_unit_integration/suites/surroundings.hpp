// surroundings.hpp: where the real database and the real mail service of a test run are.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "lab/db/postgres.hpp"

namespace lab24 {

inline std::string setting(const char* name) {
  const char* value = std::getenv(name);
  if (!value) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}
// One connection for all tests, and for each a transaction that is rolled back: so no test
// sees what another one has stored, and nothing is left when one is killed.
struct Transaction {
  lab::Postgres& database = connection();

  Transaction() { database.query("begin"); }
  ~Transaction() { database.query("rollback"); }

  static lab::Postgres& connection() {
    static lab::Postgres one(setting("DATABASE_URL"));
    return one;
  }
};

inline std::uint16_t mail_port() {
  return static_cast<std::uint16_t>(std::stoi(setting("MAIL_PORT")));
}

}  // namespace lab24
