// shop.hpp: one shop's API. What stands in front of it is the caller's choice.
//
//   POST /login   {user, password}   -> {token}
//   POST /orders  {item, quantity}   -> the order, with a token
//   GET  /me                         -> the token's claims
//   POST /logout                     -> forgets the session, and not the token
//
// Without guards it is written as many an API is written in a hurry: what comes is put into
// the query and into the order, and a token's header says how to verify it.
#pragma once

#include <atomic>

#include "guards/rate_limiter.hpp"
#include "guards/tokens.hpp"
#include "lab/net/http.hpp"

namespace lab15 {

inline constexpr const char* kPassword = "correct horse battery";
inline constexpr const char* kOurPage = "https://shop.example";
inline constexpr const char* kEvilPage = "https://evil.example";

enum class Guards { none, headers_alone, cors_alone, all };

struct ShopOptions {
  std::string name;
  Guards guards = Guards::all;
  RateLimiter limiter{};                                // none: no limit
  std::function<std::string(const Request&)> client{};  // whom the limit counts
  bool deny_list = false;                               // a logout revokes the token
  std::string host = "127.0.0.1";
};

class Shop {
 public:
  explicit Shop(ShopOptions options);

  static const Key& key();  // of all shops

  const std::string& name() const { return options_.name; }
  std::uint16_t port() const { return server_.port(); }
  int entered() const { return entered_; }  // requests that were read and parsed
  int handled() const { return handled_; }  // those that got as far as the handler

  // From now on its clock, by which tokens expire, is this much ahead.
  void advance(std::chrono::seconds time) { ahead_ += time.count(); }

 private:
  bool is_guarded() const { return options_.guards == Guards::all; }
  UnixTime now() const;
  Api make_api();
  Response serve(const Request& request);
  Response handle(const Exchange& exchange);
  Response log_in(const Json& body) const;

  const ShopOptions options_;
  std::atomic<int> entered_ = 0, handled_ = 0;
  std::atomic<std::chrono::seconds::rep> ahead_ = 0;
  std::set<std::string> logged_out_{};  // the server's thread alone uses it
  const Api api_;
  lab::http::Server server_;  // last: its thread uses the rest
};

}  // namespace lab15
