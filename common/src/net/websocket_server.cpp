#include <spdlog/spdlog.h>

#include "lab/core/error.hpp"
#include "net/log.hpp"
#include "net/websocket_parts.hpp"

namespace lab::websocket {

// Shared with its own accept operation, which ends one turn after it was cancelled.
struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Loop& on, Host of)
      : loop(on),
        context(on.impl().context),
        host(std::make_shared<const Host>(std::move(of))) {}

  void listen(std::uint16_t port) try {
    const tcp::endpoint endpoint(asio::ip::make_address(host->options.address), port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    // Inherited by what is accepted; set later, the window would be agreed already.
    if (const int size = host->options.receive_buffer) {
      acceptor.set_option(asio::socket_base::receive_buffer_size(size));
    }
    acceptor.bind(endpoint);
    acceptor.listen(4096);
  } catch (const boost::system::system_error& error) {
    throw Error("listen on " + host->options.address + ":" + std::to_string(port),
                error.code().message());
  }

  void accept() {
    acceptor.async_accept(
        [self = shared_from_this()](const error_code& error, tcp::socket socket) {
          if (!self->acceptor.is_open()) return;
          if (!error) {
            self->start(std::move(socket));
            return self->accept();
          }
          // Out of descriptors, say: serve those who are here, and look again in a while.
          log().warn("websocket: cannot accept: {}", error.message());
          self->loop.after(std::chrono::milliseconds(50), [self] {
            if (self->acceptor.is_open()) self->accept();
          });
        });
  }

  void start(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (const int size = host->options.send_buffer) {
      socket.set_option(asio::socket_base::send_buffer_size(size), ignored);
    }
    const auto peer = serve(context, std::move(socket), host);
    context->keep(peer);
    if (peers.size() >= 2 * kept) {  // now and then, so that it costs nothing
      std::erase_if(peers, [](const auto& other) { return other.expired(); });
      kept = std::max<std::size_t>(peers.size(), 32);
    }
    peers.push_back(peer);
  }

  void shut() {
    error_code ignored;
    acceptor.close(ignored);
    abandon_all(peers);
  }

  Loop& loop;
  std::shared_ptr<Context> context;
  std::shared_ptr<const Host> host;
  tcp::acceptor acceptor{*context};
  std::vector<std::weak_ptr<Owned>> peers{};
  std::size_t kept = 32;
};

Server::Server(Loop& loop, Welcome welcome, Options options, Pages pages,
               std::uint16_t port, Gate gate)
    : impl_(std::make_shared<Impl>(loop, Host{std::move(welcome), std::move(pages),
                                              std::move(options), std::move(gate)})) {
  impl_->listen(port);
  impl_->accept();
}

Server::~Server() {
  impl_->shut();
}

std::uint16_t Server::port() const {
  return impl_->acceptor.local_endpoint().port();
}

}  // namespace lab::websocket
