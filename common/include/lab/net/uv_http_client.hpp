// uv_http_client.hpp: HTTP/1.1 requests on a libuv loop, one connection each client.
//
// Many clients on one loop are a load; one client waited for is http::Client.
//
// Threads   The loop's.
// Lifetime  Goes before its loop, at any time, also from inside its callbacks.
// Errors    Every request ends once, with a reply or with the reason why there is none. A
//           second request before that is a bug of the caller: std::invalid_argument.
// Limits    A reply's header 8 KiB, its body 1 GiB: the server is our own.
// Source    RFC 9112.
// Left out  Pipelining, TLS, redirects.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "lab/net/http.hpp"
#include "lab/uv/uv.hpp"

namespace lab::uv {

class HttpClient {
 public:
  using OnResult = std::function<void(http::Result)>;

  HttpClient(Loop& loop, std::uint16_t port);  // of this machine
  HttpClient(Loop& loop, const sockaddr_in& server);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();  // a request under way gets no result any more

  // Calls on_result once, never before this returns. Keeps the connection for the next
  // request, unless either side says "Connection: close"; makes a new one if the server has
  // closed it. Never sends a request twice: who is to know that it was not obeyed?
  void request(const http::Request& request, std::chrono::milliseconds timeout,
               OnResult on_result);

  // Called whenever a connection has been made, before a request goes out on it.
  void on_connected(std::function<void()> call);

  void close();  // the connection; a request under way ends as closed

  bool busy() const;
  int connections() const;  // made so far

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lab::uv
