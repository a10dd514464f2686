// servers.hpp: Node's class diagram, as small as it can be: what emits, and what it is.
//
//   EventEmitter <-- FileReader               data, end, error     (fs.ReadStream)
//                <-- TcpServer                connection, close    (net.Server)
//                       <-- HttpServer        request              (http.Server)
//
// Errors    An `error` that nobody listens to would be thrown into libuv, which is C: it
//           ends the process. (In Node it is an uncaught exception, with the same end.)
// Left out  Everything of HTTP but the request line; pausing a reader: see lab 05.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "event_emitter.hpp"
#include "lab/uv.hpp"

namespace lab30 {

inline constexpr Event<std::string_view> data{"data"};
inline constexpr Event<> end{"end"};

// Reads a file by pieces. REQUIRES: lives until `end` or `error`.
class FileReader : public EventEmitter {
 public:
  FileReader(lab::uv::Loop& loop, std::filesystem::path path);

 private:
  void read();
  void got(ssize_t bytes);
  void fail(int status, const char* tried);

  lab::uv::Loop& loop_;
  const std::filesystem::path path_;
  uv_fs_t request_{};
  int file_ = -1;
  std::array<char, 16 << 10> buffer_{};
};

using Socket = std::shared_ptr<lab::uv::Tcp>;
inline constexpr Event<Socket> connection{"connection"};
inline constexpr Event<> closed{"close"};

class TcpServer : public EventEmitter {
 public:
  explicit TcpServer(lab::uv::Loop& loop);
  std::uint16_t port() { return listener_->port(); }
  void close();

 private:
  std::optional<lab::uv::Listener> listener_;
};

struct Request {
  std::string method;
  std::string target;
  std::function<void(std::string_view body)> reply;
};
inline constexpr Event<Request> request{"request"};

class HttpServer : public TcpServer {
 public:
  explicit HttpServer(lab::uv::Loop& loop);

 private:
  void serve(const Socket& socket);
};

}  // namespace lab30
