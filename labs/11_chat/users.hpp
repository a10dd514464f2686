// users.hpp: who has an account: a table in PostgreSQL with a unique name.
//
// Threads   None: libuv's loop. One question at a time, the others wait in line.
// Errors    A database that is away lets nobody in.
// Left out  Passwords (lab 15) and a pool of connections (lab 19).
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lab/uv.hpp"

namespace lab11 {

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using Answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Connection connect_postgres(const std::string& url);  // blocks; throws lab::Error

// Blocks. Throws lab::Error, unless it is a unique name that was taken: then false.
bool ran(PGconn* connection, const std::string& sql);
std::string value_of(PGconn* connection, const std::string& sql);

inline constexpr const char* kUsersTable =
    "CREATE TABLE IF NOT EXISTS lab11_users (id bigint GENERATED ALWAYS AS IDENTITY, "
    "name text "
    "UNIQUE)";

class Users {
 public:
  Users(lab::uv::Loop& loop, const std::string& url);

  // Signs a new name up, and lets a known one in.
  void sign_in(const std::string& name, std::function<void(bool)> answer);

 private:
  void ask_next();
  void ready();

  Connection connection_;
  lab::uv::Poll poll_;
  std::deque<std::pair<std::string, std::function<void(bool)>>> line_;
  bool asking_ = false;
  bool good_ = false;
};

}  // namespace lab11
