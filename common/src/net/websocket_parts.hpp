// websocket_parts.hpp: what the three websocket_*.cpp share. Asio only: Beast is included
// where connections are, and nowhere else.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "lab/net/websocket.hpp"

namespace lab::websocket {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// A Socket, seen from what it hangs on.
struct Owned : Socket {
  virtual void abandon() = 0;  // drop, and let the session go without a word
};

inline void abandon_all(std::vector<std::weak_ptr<Owned>>& sockets) {
  for (const auto& weak : std::exchange(sockets, {})) {
    if (const auto socket = weak.lock()) socket->abandon();
  }
}

// The loop, shared by the connections that run on it: the last to go frees it.
struct Context : asio::io_context {
  Context() : asio::io_context(1) {}

  void keep(const std::shared_ptr<Owned>& socket) {
    if (sockets.size() >= 2 * kept) {  // now and then, so that it costs nothing
      std::erase_if(sockets, [](const auto& other) { return other.expired(); });
      kept = std::max<std::size_t>(sockets.size(), 32);
    }
    sockets.push_back(socket);
  }

  std::vector<std::weak_ptr<Owned>> sockets{};
  std::size_t kept = 32;
};

// Somebody else's descriptor: it may end a wait, and is not read here.
struct Watched {
  std::unique_ptr<asio::posix::stream_descriptor> descriptor;
  bool armed = false;
};

struct Loop::Impl {
  std::shared_ptr<Context> context = std::make_shared<Context>();
  std::set<std::shared_ptr<asio::steady_timer>> timers{};
  std::list<Watched> watched{};
};

// What a server's connections look at; the last of them frees it.
struct Host {
  Server::Welcome welcome;
  Server::Pages pages;
  Options options;
  Server::Gate gate{};
};

std::shared_ptr<Owned> serve(std::shared_ptr<Context> context, tcp::socket socket,
                             std::shared_ptr<const Host> host);

}  // namespace lab::websocket
