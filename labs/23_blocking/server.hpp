// server.hpp: HTTP/1.1 on a loop that somebody else runs, so that who blocks it is seen.
//
//   bytes --> parser --> handler --> reply --> bytes, one request of a connection at a time
//
// Threads   One: the loop's. Handlers run on it, and a Reply is called on it, once, at once
//           or later; later calls do nothing. Never called, the peer waits until it leaves.
// Errors    What a peer does wrong ends that peer's connection and nothing else: 400, 413 or
//           431 where there is a point in saying so.
// Limits    See ServerLimits. What a peer sends ahead waits in the kernel: nothing is read
//           while a request is being answered. No TLS, no HTTP/2, no streaming of bodies.
// Lifetime  Must go before its loop, and not from inside a handler.
// Source    RFC 9112, as Boost.Beast's parser implements it (included in server.cpp only).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "lab/http.hpp"
#include "lab/uv.hpp"

namespace lab23 {

using lab::http::Request;
using lab::http::Response;

struct ServerLimits {
  std::size_t header = 16 << 10;
  std::size_t body = 1 << 20;
  std::size_t connections = 1000;
  std::chrono::milliseconds request_time{10'000};  // for a request to arrive whole
};

class Server {
 public:
  using Reply = std::function<void(Response)>;
  using Handler = std::function<void(const Request&, Reply)>;

  Server(lab::uv::Loop& loop, Handler handler, ServerLimits limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // closes every connection, answered or not

  std::uint16_t port();
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab23
