// uv_http_server.hpp: HTTP/1.1 on a libuv loop that its caller runs.
//
//   bytes --> request --> handler --> reply --> bytes: one request of a connection at a time
//
// What a peer sends ahead is answered in order. While a request is being answered nothing
// more is read: it waits in the kernel.
//
// Threads   One: the loop's. Handlers run on it, and a Reply is called, and dropped, on it.
// Lifetime  A Reply may outlive the server and the loop; then it does nothing. The server
//           goes before its loop; it may go from inside a handler.
// Errors    A port that cannot be had throws lab::Error. What a peer does wrong ends that
//           peer's connection and nothing else, with a 4xx or 5xx where that can help. A
//           handler that throws before it has replied, or replies what is no HTTP, is a 500.
// Limits    Those of ServerOptions: header, body, connections, and the time in which a
//           request arrives whole and its reply is taken. How long a handler takes is its
//           own affair.
// Surprise  As in Node, SIGPIPE is ignored from here on: a write to a peer that has gone is
//           an error, and not the end of the process.
// Source    RFC 9110 and 9112; drain() and close_idle() as Node's server.close() and
//           closeIdleConnections().
// Left out  TLS, HTTP/2, upgrades, bodies in pieces, Date, a peer that leaves while its
//           request is being answered: that is noticed when the reply is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "lab/net/http.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/uv/uv.hpp"

namespace lab::uv {

class HttpServer {
 public:
  // Answers one request; later calls do nothing. Dropped unused, it closes the connection.
  using Reply = http::Server::Reply;
  using Handler = http::Server::Handler;

  struct Counts {
    std::uint64_t accepted = 0;      // connections taken
    std::uint64_t turned_away = 0;   // closed at once, over the limit
    std::uint64_t requests = 0;      // handed to the handler
    std::uint64_t bad_requests = 0;  // refused without asking the handler
    std::uint64_t failures = 0;      // of the handler: it threw
  };

  HttpServer(Loop& loop, Handler handler, http::ServerOptions options = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // closes every connection, answered or not

  // On the host and port of its options; returns the port, and takes the same one again if
  // it is called again after stop_listening(). Or on a socket that listens already, which
  // may be another process's too.
  std::uint16_t listen();
  void listen(Descriptor listener);

  // Serves a connection that somebody else has accepted.
  void adopt(Descriptor connection);

  // Closes the listening socket. Connections go on.
  void stop_listening();

  // No new connections; those that the kernel has already taken are served. Each reply from
  // now on says "Connection: close". Then calls `on_drained` once, when no connection is
  // left, and never before drain() returns. An idle connection is left only after its next
  // request: a caller that will not wait for that has close_idle(), or a deadline of its own.
  void drain(std::function<void()> on_drained);

  void close_idle();  // connections of which no part of a request has been read
  void close_all();

  // Listening alone does not keep the loop alive any more.
  void unref();

  std::size_t connections() const;  // may be called from any thread
  const Counts& counts() const;

 private:
  class Connection;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lab::uv
