#include "unit_integration.hpp"

#include <fmt/format.h>

#include <cctype>

namespace lab24 {

namespace http = lab::http;

std::optional<std::string> address_of(std::string_view typed) {
  const auto first = typed.find_first_not_of(' ');
  if (first == typed.npos) return std::nullopt;
  typed = typed.substr(first, typed.find_last_not_of(' ') - first + 1);
  std::string address;
  for (const char letter : typed) {
    const auto code = static_cast<unsigned char>(letter);
    if (!std::isalnum(code) &&
        std::string_view("@.+-_").find(letter) == std::string_view::npos)
      return std::nullopt;
    address += static_cast<char>(std::tolower(code));
  }
  const auto at = address.find('@');
  const bool whole = at != 0 && at != address.npos && at == address.rfind('@') &&
                     at + 1 != address.size();
  return whole ? std::optional(address) : std::nullopt;
}

// Step 3: what a test with doubles looks at: who is asked, in which order, and who is not.
Result SignUp::operator()(std::string_view typed) {
  const auto address = address_of(typed);
  if (!address) return Result::no_address;
  if (!users_.add(*address)) return Result::taken;
  return mailer_.welcome(*address) ? Result::created : Result::no_mail;
}

bool FakeUsers::add(const std::string& address) {
  return addresses_.insert(address).second;
}

PostgresUsers::PostgresUsers(lab::Postgres& database) : database_(database) {
  database_.query("create temp table users (address text primary key)");
}

// One statement: to look first and to insert then leaves a gap for somebody else.
bool PostgresUsers::add(const std::string& address) {
  return database_
             .query("insert into users values ($1) on conflict do nothing returning 1",
                    {address})
             .count() == 1;
}

// An address has no letter that JSON would have to escape.
bool HttpMailer::welcome(const std::string& address) {
  const http::Result result =
      http_.request({.method = "POST",
                     .target = "/messages",
                     .body = fmt::format(R"({{"to":"{}"}})", address)},
                    std::chrono::seconds(5));
  if (const auto* error = std::get_if<http::ClientError>(&result))
    throw lab::Error("ask the mail service", error->message);
  return std::get<http::Response>(result).status == 202;
}

http::Server::Handler endpoint(SignUp& sign_up) {
  return [&sign_up](const http::Request& request, const http::Server::Reply& reply) {
    if (request.method != "POST" || request.target != "/users")
      return reply({.status = 404});
    switch (sign_up(request.body)) {
      case Result::created:
        return reply({.status = 201});
      case Result::no_address:
        return reply({.status = 400, .body = "this is no address"});
      case Result::taken:
        return reply({.status = 409, .body = "this address is taken"});
      case Result::no_mail:
        return reply({.status = 502, .body = "the mail service refused"});
    }
  };
}

}  // namespace lab24
