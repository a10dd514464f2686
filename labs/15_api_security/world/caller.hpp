// caller.hpp: who calls a service: a customer, an attacker, a page in a browser.
#pragma once

#include "world/shop.hpp"

namespace lab15 {

// Keeps one connection. A call without a response throws lab::Error.
class Caller {
 public:
  Caller(std::string name, const Shop& shop)
      : Caller(std::move(name), shop.name(), shop.port()) {}
  Caller(std::string name, std::string service, std::uint16_t port);

  // `drawn`: whether the picture shows this call and its response.
  Response send(Request request, bool drawn = true);
  Response post(const std::string& target, const Json& body,
                const std::string& token = {});
  Response get(const std::string& target, const std::string& token = {});
  std::string log_in(const std::string& user);  // the token

 private:
  const std::string name_, service_;
  lab::http::Client http_;
};

// What a browser does for a page of `origin` (the Fetch standard's CORS protocol): whether
// it asks first, whether it then sends, whether the page may read the response.
struct Fetched {
  bool asked_first = false;
  bool sent = false;
  bool readable = false;
};
Fetched fetch_as_browser(const std::string& origin, Caller& browser, Request request);

}  // namespace lab15
