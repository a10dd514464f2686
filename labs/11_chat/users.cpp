#include "users.hpp"

#include <array>

#include "lab/error.hpp"

namespace lab11 {

Connection connect_postgres(const std::string& url) {
  Connection connection(PQconnectdb(url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw lab::Error("connect to PostgreSQL", PQerrorMessage(connection.get()));
  }
  return connection;
}

bool ran(PGconn* connection, const std::string& sql) {
  const Answer answer(PQexec(connection, sql.c_str()), PQclear);
  const auto status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return true;
  const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
  if (state && std::string(state) == "23505") return false;  // unique_violation
  throw lab::Error(sql, PQerrorMessage(connection));
}

std::string value_of(PGconn* connection, const std::string& sql) {
  const Answer answer(PQexec(connection, sql.c_str()), PQclear);
  if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) {
    throw lab::Error(sql, PQerrorMessage(connection));
  }
  return PQgetvalue(answer.get(), 0, 0);
}

Users::Users(lab::uv::Loop& loop, const std::string& url)
    : connection_(connect_postgres(url)), poll_(loop, PQsocket(connection_.get())) {
  poll_.start(UV_READABLE, [this] { ready(); });
}

void Users::sign_in(const std::string& name, std::function<void(bool)> answer) {
  line_.emplace_back(name, std::move(answer));
  ask_next();
}

void Users::ask_next() {
  if (asking_ || line_.empty()) return;
  const std::array<const char*, 1> values{line_.front().first.c_str()};
  asking_ = true;
  good_ = false;
  const int sent = PQsendQueryParams(
      connection_.get(),
      "INSERT INTO lab11_users (name) VALUES ($1) ON CONFLICT DO NOTHING", 1, nullptr,
      values.data(), nullptr, nullptr, 0);
  if (sent == 1) return;
  const auto answer = std::move(line_.front().second);
  line_.pop_front();
  asking_ = false;
  answer(false);
  ask_next();
}

void Users::ready() {
  const bool alive = PQconsumeInput(connection_.get()) == 1;
  if (!alive) poll_.stop();  // the connection is gone: readable for ever
  while (alive && asking_ && !PQisBusy(connection_.get())) {
    const Answer result(PQgetResult(connection_.get()), PQclear);
    if (result) {
      good_ = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
      continue;
    }
    const auto answer = std::move(line_.front().second);
    line_.pop_front();
    asking_ = false;
    answer(good_);
    ask_next();
  }
  if (alive) return;
  for (const auto& [name, answer] : std::exchange(line_, {})) answer(false);
  asking_ = false;
}

}  // namespace lab11
