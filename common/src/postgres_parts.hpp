// postgres_parts.hpp: what the two ways to talk to PostgreSQL have in common.
#pragma once

#include <string>

#include "lab/postgres.hpp"

namespace lab {

// Throws PostgresError unless libpq may read this as an address: it takes any other word
// for the name of a database.
void check_postgres_address(const std::string& url);

// The first line of libpq's message, fit for a terminal.
std::string first_line(const char* message);

bool succeeded(const pg_result* result);

// What this failed result says; `result` may be null.
PostgresError postgres_error(const std::string& sql, const pg_result* result,
                             const pg_conn* connection);

}  // namespace lab
