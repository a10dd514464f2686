// http.hpp: HTTP/1.1 over loopback, for labs whose subject is not HTTP.
//
// A Server is a thread that runs uv_http_server.hpp; a Client is uv_http_client.hpp, waited
// for. A lab that has a loop of its own uses those two.
//
// Threads   A Server has one thread of its own, on which handlers run; a Reply may be
//           called, and dropped, on any thread. A Client blocks its caller: one for each
//           thread.
// Errors    A port that cannot be had throws lab::Error. What a peer does wrong ends that
//           peer's connection and nothing else. A handler that throws, or replies what is no
//           HTTP, is a 500. A request without an answer says why.
// Limits    Header 16 KiB, body 1 MiB, 1,000 connections, 10 s for a request to arrive
//           whole: each is an option. No TLS, no HTTP/2, no streaming of bodies.
// Source    RFC 9110 and 9112.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lab::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// As a handler gets it, its target begins with "/" (or is "*"): of "http://host/path" the
// host stands in the header Host.
struct Request {
  std::string method = "GET";
  std::string target = "/";
  std::string body{};
  Headers headers{};
  std::string peer{};  // set by the server: the address that the connection came from
};

// Content-Length, Transfer-Encoding and Connection are the server's own, but for
// "Connection: close", which it obeys. Replies to HEAD, and 204 and 304, lose their body.
struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "text/plain";
  Headers headers{};
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any that is free
  std::size_t header_limit = 16 << 10;
  std::size_t body_limit = 1 << 20;
  std::size_t connection_limit = 1000;
  std::chrono::milliseconds request_timeout{10'000};
};

class Server {
 public:
  // Answers one request, once. Dropped without an answer, it closes the connection.
  using Reply = std::function<void(Response)>;
  using Handler = std::function<void(const Request&, Reply)>;

  explicit Server(Handler handler, ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // closes every connection, answered or not

  std::uint16_t port() const;
  std::size_t open_connections() const;

  // While true, nobody listens on the port: connections are refused, open ones closed.
  void refuse(bool refuse);

  // Calls from the server's thread, later; never if the server ends before.
  void run_after(std::chrono::milliseconds delay, std::function<void()> call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ClientError {
  enum class Kind { refused, timed_out, closed, bad_reply, other };
  Kind kind;
  std::string message;
};

using Result = std::variant<Response, ClientError>;

class Client {
 public:
  Client(std::string host, std::uint16_t port);  // the host as an IPv4 address
  Client(Client&&) noexcept;
  ~Client();

  // Keeps the connection for the next request, which makes a new one if the server has
  // closed it. Never sends a request twice: who is to know that it was not obeyed?
  Result request(const Request& request, std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab::http
