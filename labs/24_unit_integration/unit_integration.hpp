// unit_integration.hpp: a sign-up, cut where each kind of test takes hold.
//
//   request --> endpoint --> SignUp --> Users  (PostgreSQL, or a fake)
//                              |    \-> Mailer (a service over HTTP, or a mock)
//                              \-> address_of (a plain function)
//
//   a unit test      calls address_of, or SignUp with doubles in place of what it needs
//   a contract test  asks the fake and the real thing the same questions
//   an integration test  sends a request, and everything behind it is real
//
// Threads   A SignUp and what it uses belong to one thread at a time.
// Errors    What a person can cause is a Result. A database or a mail service that breaks
//           throws lab::Error, which the HTTP server makes a 500.
// Source    Ports and adapters (A. Cockburn); the words for doubles are G. Meszaros's.
// Left out  Sending the mail again when the service is down: that is an outbox, lab 13.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lab/db/postgres.hpp"
#include "lab/net/http.hpp"

namespace lab24 {

// Step 1: a rule without dependencies is a function, and its test is a line. Returns the
// address as it is stored, or nothing if it is none.
[[nodiscard]] std::optional<std::string> address_of(std::string_view typed);

// Step 2: the seams. SignUp knows these two promises, not who keeps them.
class Users {
 public:
  virtual ~Users() = default;
  virtual bool add(const std::string& address) = 0;  // false: it is there already
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual bool welcome(const std::string& address) = 0;  // false: the service refused
};

enum class Result { created, no_address, taken, no_mail };

class SignUp {
 public:
  SignUp(Users& users, Mailer& mailer) : users_(users), mailer_(mailer) {}
  [[nodiscard]] Result operator()(std::string_view typed);

 private:
  Users& users_;
  Mailer& mailer_;
};

// Step 4: a fake works, but only in memory. It must keep the promise of the real one.
class FakeUsers : public Users {
 public:
  bool add(const std::string& address) override;

 private:
  std::set<std::string> addresses_;
};

// Step 5: the real ones. The table is temporary: it goes with its connection, or with the
// transaction that made it. REQUIRES: the connection outlives this.
class PostgresUsers : public Users {
 public:
  explicit PostgresUsers(lab::Postgres& database);
  bool add(const std::string& address) override;

 private:
  lab::Postgres& database_;
};

class HttpMailer : public Mailer {
 public:
  explicit HttpMailer(std::uint16_t port) : http_("127.0.0.1", port) {}
  bool welcome(const std::string& address) override;

 private:
  lab::http::Client http_;
};

// POST /users with an address: 201, 400 no address, 409 taken, 502 no mail; else 404.
// REQUIRES: the sign-up outlives the handler.
[[nodiscard]] lab::http::Server::Handler endpoint(SignUp& sign_up);

}  // namespace lab24
