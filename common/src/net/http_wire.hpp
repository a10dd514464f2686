// http_wire.hpp: HTTP/1.1 messages from bytes and to bytes, without a socket.
//
// The only file behind it is the only one that includes Boost.Beast, whose parser takes
// longer to compile than all the rest of HTTP here.
//
// Errors    What a peer sends wrong is a Progress. Only memory can run out.
// Limits    A header, a chunk's header and trailers are at most `header` bytes each.
// Source    RFC 9110 and 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lab/net/http.hpp"

namespace lab::http {

struct WireLimits {
  std::size_t header;
  std::size_t body;
};

enum class Progress : std::uint8_t {
  more,      // everything was understood so far
  expected,  // the head has come, and the peer waits for "100 Continue"; then read on
  whole,
  bad,
};

class RequestReader {
 public:
  explicit RequestReader(WireLimits limits);
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;
  ~RequestReader();

  // Removes from the front of `bytes` what it has understood.
  Progress read(std::string& bytes);

  // Once it is whole.
  Request take();
  bool keep_alive() const;
  bool wants_head() const;  // it is a HEAD: the reply has no body

  // Once it is bad: what its sender should be told.
  const Response& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseReader {
 public:
  explicit ResponseReader(bool to_head);  // the reply to a HEAD has no body
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;
  ~ResponseReader();

  Progress read(std::string& bytes);
  Progress end();  // the peer has closed; for some replies that is how they end

  Response take();
  bool keep_alive() const;
  const std::string& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ReplyTo {
  bool head = false;
  bool keep_alive = true;
};

// A status that is none, or a header that would not stay one line, becomes a 500: what a
// handler gets wrong must not become somebody else's reply.
std::string to_bytes(const Response& response, ReplyTo to);

bool closes(const Headers& headers);  // "Connection: close" is among them

// Empty if it cannot be sent: a method, target or header that is not one line.
std::string to_bytes(const Request& request, const std::string& host);

}  // namespace lab::http
