#include "lab/net/uv_http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>

#include "net/http_wire.hpp"

namespace lab::uv {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kRest = 50ms;      // before it accepts again, out of descriptors
constexpr auto kLinger = 1000ms;  // for a peer to read its last reply
constexpr milliseconds kLongest = std::chrono::hours(24 * 365);

// The address of the other end; empty if it is none of IPv4.
std::string address_of_peer(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  char text[INET_ADDRSTRLEN] = "";
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
      address.sin_family == AF_INET) {
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  }
  return text;
}

milliseconds bounded(milliseconds time) {
  return std::min(time, kLongest);
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& on, Handler with, http::ServerOptions within)
      : loop(on), handler(std::move(with)), options(std::move(within)) {}

  void listen(Descriptor on);
  bool accept_one();
  void adopt(Descriptor socket);
  void stop_listening();
  void tell_if_drained();
  void close_those(const std::function<bool(const Connection&)>& chosen);

  Loop& loop;
  const Handler handler;
  http::ServerOptions options;
  Counts counts{};
  std::set<std::shared_ptr<Connection>> connections{};
  std::atomic<std::size_t> open = 0;
  Descriptor listener{};
  std::optional<Poll> acceptable{};  // after the listener: it stops watching first
  Timer rest{loop};
  Timer drained{loop};
  std::function<void()> on_drained{};
  bool draining = false;
  bool keeps_loop_alive = true;
};

// Lives in the server's set, until it ends. Whatever libuv calls goes through safely():
// nothing may be thrown into it.
class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> server, int fd)
      : server_(std::move(server)),
        address_(address_of_peer(fd)),
        peer_(server_->loop, fd),
        deadline_(server_->loop) {}

  // Step 1: one request after the other. The clock runs while one arrives; between two of
  // them, that is the time for which a connection may be idle.
  void await_request() {
    reader_.emplace(http::WireLimits{.header = server_->options.header_limit,
                                     .body = server_->options.body_limit});
    expect_within(server_->options.request_timeout, [this] { end(); });
    if (!unread_.empty()) advance();
    if (!reader_ || !peer_.open()) return;  // all of the next one had been read already
    peer_.read_start([this](std::string_view bytes, int status) {
      safely([&] {
        if (status < 0) return end();
        unread_.append(bytes);
        advance();
      });
    });
  }

  bool idle() const { return reader_ && !begun_; }

  template <class Call>
  void safely(Call call) {
    const auto self = shared_from_this();  // the set's may be the last one
    try {
      call();
    } catch (const std::exception&) {
      end();  // no memory, or a socket that libuv refuses: of no use to its peer any more
    }
  }

  void end() {
    if (!peer_.open()) return;
    const auto self = shared_from_this();
    reader_.reset();
    peer_.close();
    deadline_.close();
    if (server_->connections.erase(self)) --server_->open;
    server_->tell_if_drained();
  }

 private:
  // Dropped with its last copy; if nobody has replied by then, nobody will.
  struct Owed {
    Owed(std::weak_ptr<Connection> whom, http::ReplyTo how)
        : connection(std::move(whom)), to(how) {}
    Owed(const Owed&) = delete;
    Owed& operator=(const Owed&) = delete;

    void reply(const http::Response& response) {
      if (std::exchange(replied, true)) return;
      if (const auto open = connection.lock())
        open->safely([&] { open->send(response, to); });
    }
    ~Owed() {
      if (replied) return;
      if (const auto open = connection.lock()) open->end();
    }

    const std::weak_ptr<Connection> connection;
    const http::ReplyTo to;
    bool replied = false;
  };

  // libuv's clock stands still while a callback runs; a slow handler must not have eaten
  // the next request's time.
  void expect_within(milliseconds time, std::function<void()> on_late) {
    uv_update_time(server_->loop.raw());
    deadline_.start(bounded(time), std::move(on_late));
  }

  void advance() {
    begun_ = true;
    auto progress = reader_->read(unread_);
    if (progress == http::Progress::expected) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      peer_.write(kContinue, [](int) {});
    }
    if (progress == http::Progress::bad) return refuse();
    if (progress == http::Progress::whole) handle();
  }

  // Step 2: a request has arrived whole. Whatever the handler does now, it does on the
  // loop's thread: until it returns, no other connection is looked at.
  void handle() {
    peer_.read_stop();
    deadline_.stop();
    const auto owed = std::make_shared<Owed>(
        weak_from_this(), http::ReplyTo{.head = reader_->wants_head(),
                                        .keep_alive = reader_->keep_alive()});
    http::Request request = reader_->take();
    request.peer = address_;
    reader_.reset();
    ++server_->counts.requests;
    const auto server = server_;  // the handler may end it
    try {
      server->handler(request,
                      [owed](const http::Response& response) { owed->reply(response); });
    } catch (...) {
      ++server->counts.failures;
      owed->reply({.status = 500});
    }
  }

  void refuse() {
    peer_.read_stop();
    ++server_->counts.bad_requests;
    const http::Response refusal = reader_->refusal();
    const bool head = reader_->wants_head();
    reader_.reset();
    send(refusal, {.head = head, .keep_alive = false});
  }

  // Step 3: the reply goes out, and only then is the next request looked at: so replies
  // keep the order of their requests, and a peer that does not read gets no more of them.
  void send(const http::Response& response, http::ReplyTo to) {
    if (!peer_.open()) return;
    const bool interim = response.status >= 100 && response.status < 200;
    to.keep_alive = to.keep_alive && !server_->draining && !interim &&
                    !http::closes(response.headers);
    out_ = http::to_bytes(response, to);
    expect_within(server_->options.request_timeout, [this] { end(); });
    peer_.write(out_, [this, again = to.keep_alive](int status) {
      safely([&] {
        if (status < 0) return end();
        begun_ = false;
        again ? await_request() : linger();
      });
    });
  }

  // RFC 9112, 9.6: closed with unread bytes in it, a socket is reset, and the reset may
  // overtake the reply. So: end our half, and wait for the peer to end its own.
  void linger() {
    expect_within(std::min<milliseconds>(kLinger, server_->options.request_timeout),
                  [this] { end(); });
    peer_.shutdown([](int) {});
    peer_.read_start([this](std::string_view, int status) {
      if (status < 0) safely([&] { end(); });
    });
  }

  const std::shared_ptr<Impl> server_;
  const std::string address_;
  Tcp peer_;
  Timer deadline_;
  std::optional<http::RequestReader> reader_{};  // while a request may arrive
  bool begun_ = false;                           // some of it has
  std::string unread_{};
  std::string out_{};
};

void HttpServer::Impl::listen(Descriptor on) {
  if (listener.get() >= 0) throw std::invalid_argument("the server listens already");
  const int flags = fcntl(on.get(), F_GETFL);
  check_errno(fcntl(on.get(), F_SETFL, flags | O_NONBLOCK), "listen on a descriptor");
  acceptable.emplace(loop, on.get());
  if (!keeps_loop_alive) acceptable->unref();
  acceptable->start(UV_READABLE, [this] { accept_one(); });
  listener = std::move(on);
}

// One for each time that the loop looks: if the listener is shared, others get theirs.
// False if there was none.
bool HttpServer::Impl::accept_one() {
  Descriptor socket(
      accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.get() >= 0) {
    adopt(std::move(socket));
    return true;
  }
  const bool exhausted =
      errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  if (exhausted && acceptable) {
    // Serve those who are here, and look again in a while: the listener stays readable.
    acceptable->stop();
    rest.start(kRest, [this] {
      if (acceptable) acceptable->start(UV_READABLE, [this] { accept_one(); });
    });
    if (!keeps_loop_alive) rest.unref();
  }
  return false;
}

void HttpServer::Impl::adopt(Descriptor socket) {
  int type = 0;  // asked, because libuv ends the process over what is no socket
  socklen_t size = sizeof type;
  getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size);
  if (type != SOCK_STREAM || connections.size() >= options.connection_limit) {
    ++counts.turned_away;
    return;
  }
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(shared_from_this(), socket.get());
    static_cast<void>(socket.release());
    connections.insert(connection);
  } catch (const std::exception&) {
    ++counts.turned_away;  // no memory
    return;
  }
  ++open;
  ++counts.accepted;
  connection->safely([&] { connection->await_request(); });
}

void HttpServer::Impl::stop_listening() {
  rest.stop();
  acceptable.reset();
  listener.reset();
}

void HttpServer::Impl::tell_if_drained() {
  if (!draining || !connections.empty() || !on_drained) return;
  drained.start(0ms, [told = std::move(on_drained)] { told(); });
  on_drained = nullptr;
}

void HttpServer::Impl::close_those(const std::function<bool(const Connection&)>& chosen) {
  const auto all = connections;
  for (const auto& connection : all)
    if (chosen(*connection)) connection->end();
}

HttpServer::HttpServer(Loop& loop, Handler handler, http::ServerOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(handler), std::move(options))) {
  std::signal(SIGPIPE, SIG_IGN);
}

HttpServer::~HttpServer() {
  impl_->on_drained = nullptr;
  stop_listening();
  close_all();
  // A handler that is running keeps the rest alive for as long as it runs.
  impl_->rest.close();
  impl_->drained.close();
}

std::uint16_t HttpServer::listen() {
  const auto& [host, port] = std::tie(impl_->options.host, impl_->options.port);
  const std::string tried = "listen on " + host + ":" + std::to_string(port);
  sockaddr_in address{};
  check(uv_ip4_addr(host.c_str(), port, &address), tried);
  Descriptor made(static_cast<int>(
      check_errno(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), tried)));
  const int on = 1;
  check_errno(setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), tried);
  auto* there = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check_errno(bind(made.get(), there, size), tried);
  check_errno(::listen(made.get(), 1024), tried);
  check_errno(getsockname(made.get(), there, &size), tried);
  impl_->listen(std::move(made));
  return impl_->options.port = ntohs(address.sin_port);
}

void HttpServer::listen(Descriptor listener) {
  impl_->listen(std::move(listener));
}

void HttpServer::adopt(Descriptor connection) {
  impl_->adopt(std::move(connection));
}

void HttpServer::stop_listening() {
  impl_->stop_listening();
}

void HttpServer::drain(std::function<void()> on_drained) {
  impl_->draining = true;
  impl_->on_drained = std::move(on_drained);
  if (impl_->listener.get() >= 0) {
    while (impl_->connections.size() < impl_->options.connection_limit &&
           impl_->accept_one()) {
    }
  }
  stop_listening();
  impl_->tell_if_drained();
}

void HttpServer::close_idle() {
  impl_->close_those([](const Connection& one) { return one.idle(); });
}

void HttpServer::close_all() {
  impl_->close_those([](const Connection&) { return true; });
}

void HttpServer::unref() {
  impl_->keeps_loop_alive = false;
  if (impl_->acceptable) impl_->acceptable->unref();
}

std::size_t HttpServer::connections() const {
  return impl_->open;
}

const HttpServer::Counts& HttpServer::counts() const {
  return impl_->counts;
}

}  // namespace lab::uv
