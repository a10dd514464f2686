// test_app.hpp: the application inside a test, on a port of its own. What Supertest does.
//
// Lifetime  It listens as long as this object lives; then the port is free again.
// Errors    A port that somebody else has: lab::Error.
// Source    npm's supertest: request(app).post('/users').
#pragma once

#include "unit_integration.hpp"

namespace lab24 {

class TestApp {
 public:
  // Step 6: port 0 lets the kernel choose, so that two runs never want the same one.
  TestApp(Users& users, Mailer& mailer, std::uint16_t port = 0)
      : sign_up_(users, mailer),
        server_(endpoint(sign_up_), {.port = port}),
        client_("127.0.0.1", server_.port()) {}

  std::uint16_t port() const { return server_.port(); }

  // The status of the response; 0 if there was none.
  int post(const std::string& address) { return send({"POST", "/users", address}); }
  int send(const lab::http::Request& request) {
    const auto result = client_.request(request, std::chrono::seconds(5));
    const auto* response = std::get_if<lab::http::Response>(&result);
    return response ? response->status : 0;
  }

 private:
  SignUp sign_up_;
  lab::http::Server server_;
  lab::http::Client client_;
};

}  // namespace lab24
