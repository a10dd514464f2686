// shop.hpp: one shop's API, once as it is written in a hurry and once behind guards.
//
//   POST /login   {user, password}   -> {token}
//   POST /orders  {item, quantity}   -> the order, with a token
//   GET  /me                         -> the token's claims
//   POST /logout                     -> forgets the session, and not the token
//
// Its data: two users, and the orders that were placed.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "api_security.hpp"
#include "guards/cors.hpp"
#include "guards/passwords.hpp"
#include "guards/rate_limiter.hpp"
#include "guards/tokens.hpp"
#include "world/users.hpp"

namespace lab15 {

inline constexpr const char* kPassword = "correct horse battery";
inline constexpr const char* kOurPage = "https://shop.example";
inline constexpr const char* kEvilPage = "https://evil.example";

enum class Written { in_a_hurry, behind_guards };

struct ShopOptions {
  std::string name;
  Written written = Written::behind_guards;
  std::shared_ptr<RateLimiter> limiter{};  // none: no limit
  std::function<std::string(const Request&)> client = [](const Request& request) {
    return request.peer;
  };
  bool cors_alone =
      false;               // cors() and nothing else that looks at the origin or the type
  bool deny_list = false;  // a logout revokes the token
  std::string host = "127.0.0.1";
};

class Shop {
 public:
  explicit Shop(ShopOptions options);

  const std::string& name() const { return options_.name; }
  std::uint16_t port() const { return server_.port(); }
  const Key& key() const { return key_; }
  int entered() const { return entered_; }  // requests that were read and parsed
  int handled() const { return handled_; }  // those that got as far as the handler
  Json last_order() const;

  // From now on its clock, by which tokens expire, is this much ahead.
  void advance(std::chrono::seconds time) { ahead_ += time.count(); }

 private:
  UnixTime now() const;
  Api make_api();
  Response serve(const Request& request);
  Response handle(const Exchange& exchange);
  Response log_in(const Json& body) const;
  Json user_of(const Exchange& exchange) const;

  const ShopOptions options_;
  const Key key_;
  std::atomic<int> entered_ = 0, handled_ = 0, blocked_ = 0;
  std::atomic<std::chrono::seconds::rep> ahead_ = 0;
  mutable std::mutex mutex_;
  Json last_order_{};
  std::set<std::string> logged_out_{};
  Users users_{};
  const Api api_;
  lab::http::Server server_;  // last: its thread uses the rest
};

}  // namespace lab15
