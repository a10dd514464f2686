#include "server.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <set>
#include <utility>

namespace lab23 {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

constexpr std::chrono::milliseconds kRound{500};  // between two looks for slow peers

int status_of(const boost::beast::error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;
  return 400;
}

Request plain(const Parser::value_type& message) {
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .body = message.body()};
  for (const auto& field : message)
    request.headers.emplace_back(field.name_string(), field.value());
  return request;
}

std::string wire(const Response& response, bool keep_alive, bool head) {
  const auto status = static_cast<http::status>(response.status);
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n",
      response.status, std::string_view(http::obsolete_reason(status)),
      response.content_type, response.body.size(), keep_alive ? "keep-alive" : "close");
  for (const auto& [name, value] : response.headers)
    text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n" + (head ? "" : response.body);
}

}  // namespace

struct Server::Impl {
  class Connection;

  Impl(lab::uv::Loop& on, Handler with, const ServerLimits& within)
      : loop(on), handler(std::move(with)), limits(within) {
    listener.unref();
    round.start(
        kRound, [this] { close_slow(); }, kRound);
    round.unref();
  }
  void accept();
  void close_slow();

  lab::uv::Loop& loop;
  const Handler handler;
  const ServerLimits limits;
  std::set<std::shared_ptr<Connection>> connections{};
  lab::uv::Timer round{loop};
  lab::uv::Listener listener{loop, [this] { accept(); }};
};

// Lives in the server's set, until it ends.
class Server::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Impl& server) : server_(server), peer_(server.loop) {}

  lab::uv::Tcp& peer() { return peer_; }

  void await_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_.limits.header));
    parser_->body_limit(server_.limits.body);
    parser_->eager(true);
    since_ = uv_now(server_.loop.raw());
    const auto self = shared_from_this();
    if (!unread_.empty()) parse();
    if (!peer_.open() || !parser_) return;  // all of the next one had been read already
    peer_.read_start([this](std::string_view bytes, int status) {
      if (status < 0) return end();
      unread_.append(bytes);
      parse();
    });
  }

  bool is_slow() const {
    const auto passed = std::chrono::milliseconds(uv_now(server_.loop.raw()) - since_);
    return parser_ && passed > server_.limits.request_time;
  }

  void end() {
    const auto self = shared_from_this();  // the set's may be the last one
    peer_.close();
    server_.connections.erase(self);
  }

 private:
  void parse() {
    const auto self = shared_from_this();
    while (!unread_.empty() && !parser_->is_done()) {
      boost::beast::error_code error;
      const std::size_t used =
          parser_->put(boost::asio::const_buffer(unread_.data(), unread_.size()), error);
      unread_.erase(0, used);
      if (error == http::error::need_more) break;
      if (error) return refuse(status_of(error));
    }
    if (parser_->is_done()) handle();
  }

  // Step 1: a request has arrived whole. Whatever the handler does now, it does on the
  // loop's thread: until it returns, no other connection is looked at.
  void handle() {
    peer_.read_stop();
    const bool keep_alive = parser_->keep_alive();
    const bool head = parser_->get().method() == http::verb::head;
    const Request request = plain(parser_->get());
    parser_.reset();
    server_.handler(request, [me = weak_from_this(), keep_alive, head,
                              replied = std::make_shared<bool>()](const Response& reply) {
      const auto self = me.lock();
      if (self && !std::exchange(*replied, true)) self->send(reply, keep_alive, head);
    });
  }

  void refuse(int status) {
    peer_.read_stop();
    parser_.reset();
    send({.status = status}, false, false);
  }

  void send(const Response& reply, bool keep_alive, bool head) {
    if (!peer_.open()) return;
    out_ = wire(reply, keep_alive, head);
    peer_.write(out_, [this, keep_alive](int status) {
      const auto self = shared_from_this();
      if (status < 0) return end();
      if (keep_alive) return await_request();
      peer_.shutdown([this](int) { end(); });
    });
  }

  Impl& server_;
  lab::uv::Tcp peer_;
  std::optional<Parser> parser_{};  // while a request arrives
  std::string unread_{};
  std::string out_{};
  std::uint64_t since_ = 0;
};

void Server::Impl::accept() {
  const auto connection = std::make_shared<Connection>(*this);
  listener.accept(connection->peer());
  if (connections.size() >= limits.connections) return;  // and so it is closed
  connections.insert(connection);
  connection->await_request();
}

void Server::Impl::close_slow() {
  for (const auto& connection : std::set(connections)) {
    if (connection->is_slow()) connection->end();
  }
}

Server::Server(lab::uv::Loop& loop, Handler handler, ServerLimits limits)
    : impl_(std::make_unique<Impl>(loop, std::move(handler), limits)) {
}
Server::~Server() = default;

std::uint16_t Server::port() {
  return impl_->listener.port();
}
std::size_t Server::connections() const {
  return impl_->connections.size();
}

}  // namespace lab23
