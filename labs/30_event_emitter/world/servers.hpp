// servers.hpp: Node's class diagram, as small as it can be.
//
//   EventEmitter <-- FileReader               data, end, error     (fs.ReadStream)
//                <-- TcpServer                connection, close    (net.Server)
//                       <-- HttpServer        request              (http.Server)
//
// Errors    An `error` that nobody listens to would be thrown into libuv, which is C: it
//           ends the process. (In Node it is an uncaught exception, with the same end.)
// Left out  The reader reads a whole file within one loop iteration; a real one pauses (lab
//           05). `close` does not wait for the connections that are open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "event_emitter.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/uv.hpp"

namespace lab30 {

inline constexpr Event<std::string_view> data{"data"};
inline constexpr Event<> end{"end"};

// Lives until `end` or `error`.
class FileReader : public EventEmitter {
 public:
  FileReader(lab::uv::Loop& loop, std::filesystem::path path);

 private:
  void read(const std::filesystem::path& path);

  lab::uv::Timer later_;
};

// The last reference closes it.
using Socket = std::shared_ptr<lab::Descriptor>;
inline constexpr Event<Socket> connection{"connection"};
inline constexpr Event<> closed{"close"};

class TcpServer : public EventEmitter {
 public:
  explicit TcpServer(lab::uv::Loop& loop);
  std::uint16_t port() const { return lab::loopback::port_of(listener_); }
  void close();

 private:
  void accept();

  lab::Descriptor listener_ = lab::loopback::listen();
  lab::uv::Poll acceptable_;  // goes before the listener
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

using lab::http::Request;
using Reply = lab::http::Server::Reply;
inline constexpr Event<Request, Reply> request{"request"};

class HttpServer : public TcpServer {
 public:
  explicit HttpServer(lab::uv::Loop& loop);

 private:
  lab::uv::HttpServer http_;
};

}  // namespace lab30
