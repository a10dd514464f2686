#include "lab/db/postgres.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <vector>

namespace lab {

namespace {

// The server has said goodbye (class 08, and 57P: shut down, crashed, idle for too long),
// or libpq itself failed, which has no state. PQstatus() may tell only later.
bool ends_session(const std::string& state) {
  return state.empty() || state.starts_with("08") || state.starts_with("57P");
}

// libpq takes any other word for the name of a database.
void check_postgres_address(const std::string& url) {
  const bool may_be = url.starts_with("postgres://") ||
                      url.starts_with("postgresql://") ||
                      url.find('=') != std::string::npos;
  if (may_be) return;
  throw PostgresError("address of PostgreSQL", "not postgres://user@host:port/database",
                      {});
}

// libpq's messages may have several lines, the first of which says what is wrong. What a
// stranger sent may stand in it: that must not reach a terminal as it is.
std::string first_line(const char* message) {
  const std::string text(message ? message : "");
  std::string line = text.substr(0, text.find('\n'));
  std::ranges::replace_if(
      line, [](unsigned char byte) { return std::iscntrl(byte) != 0; }, '?');
  return line.empty() ? "no reason given" : line;
}

bool succeeded(const pg_result* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
         status == PGRES_EMPTY_QUERY;
}

PostgresError postgres_error(const std::string& sql, const pg_result* result,
                             const pg_conn* connection) {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const ExecStatusType status = PQresultStatus(result);
  const bool copies = status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
  const char* why = copies ? "COPY is not spoken here" : PQerrorMessage(connection);
  return {sql, first_line(why), state ? state : ""};
}

// As libpq takes it: whole seconds, of which it makes two at least, and 0 for ever.
std::string connect_timeout(TimeSpan patience) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(patience).count();
  if (seconds > std::numeric_limits<int>::max()) return "0";
  return std::to_string(std::max<std::int64_t>(seconds, 1));
}

}  // namespace

PostgresRows::PostgresRows(pg_result* result) : result_(result, PQclear) {
}

int PostgresRows::count() const {
  return PQntuples(result_.get());
}

bool PostgresRows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string PostgresRows::text(int row, int column) const {
  const char* value = PQgetvalue(result_.get(), row, column);
  return value ? std::string(value) : std::string();
}

long PostgresRows::number(int row, int column) const {
  return std::stol(text(row, column));
}

Postgres::Postgres(const std::string& url, TimeSpan patience)
    : connection_(nullptr, PQfinish) {
  check_postgres_address(url);
  // In this order what the address itself says wins.
  const std::string seconds = connect_timeout(patience);
  const std::array<const char*, 3> names{"connect_timeout", "dbname", nullptr};
  const std::array<const char*, 3> values{seconds.c_str(), url.c_str(), nullptr};
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  // libpq would write what the server only remarks on standard error.
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_OK) return;
  // libpq keeps no SQLSTATE of a refused connection; the text is the server's own.
  const std::string why = first_line(PQerrorMessage(connection_.get()));
  const bool too_many = why.find("too many c") != std::string::npos ||
                        why.find("remaining connection slots") != std::string::npos;
  throw PostgresError("connect to PostgreSQL", why, too_many ? "53300" : "");
}

PostgresRows Postgres::query(const std::string& sql,
                             std::initializer_list<std::string> parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  PGresult* const result =
      values.empty()
          ? PQexec(connection_.get(), sql.c_str())
          : PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                         nullptr, values.data(), nullptr, nullptr, 0);
  PostgresRows rows(result);
  if (succeeded(result)) return rows;
  PostgresError error = postgres_error(sql, result, connection_.get());
  if (ends_session(error.state())) ended_ = true;
  throw error;
}

bool Postgres::broken() const {
  return ended_ || PQstatus(connection_.get()) != CONNECTION_OK;
}

bool Postgres::in_transaction() const {
  return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
}

int Postgres::backend_pid() const {
  return PQbackendPID(connection_.get());
}

}  // namespace lab
