#include "lab/net/uv_body_server.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lab/net/header_value.hpp"
#include "net/http_wire.hpp"

namespace lab::uv {

namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;

constexpr std::size_t kHeadLimit = 16 << 10;
constexpr auto kLinger = 2s;

struct Head {
  int refused = 0;  // the status of a refusal
  Request request{};
  std::uint64_t length = 0;
};

// The lines of a head, each with its end, without the empty one.
Head parse_head(std::string_view text) {
  const auto end = text.find("\r\n");
  const std::string_view first = text.substr(0, end);
  const auto headers = http::parse_headers(text.substr(end + 2));
  const auto method = first.find(' '), target = first.rfind(' ');
  if (!headers || method == 0 || method == first.npos || method + 1 >= target ||
      first[method + 1] != '/' || !first.substr(target + 1).starts_with("HTTP/1.")) {
    return {.refused = 400};
  }
  Head head{
      .request = {.method = std::string(first.substr(0, method)),
                  .target = std::string(first.substr(method + 1, target - method - 1)),
                  .headers = *headers}};
  if (!http::find_header(*headers, "Transfer-Encoding").empty()) return {.refused = 411};
  const std::string length = http::find_header(*headers, "Content-Length");
  const char* const last = length.data() + length.size();
  const auto [read, error] = std::from_chars(length.data(), last, head.length);
  const bool is_number = error == std::errc() && read == last;
  if (http::count_headers(*headers, "Content-Length") > 1 ||
      (!length.empty() && !is_number)) {
    return {.refused = 400};
  }
  return head;
}

class Acceptor : public Handle<uv_tcp_t> {
 public:
  Acceptor(Loop& loop, Descriptor listener, std::function<void()> on_connection) {
    initialized(uv_tcp_init(loop.raw(), raw()), "uv_tcp_init");
    check(uv_tcp_open(raw(), listener.release()), "uv_tcp_open");
    set(std::move(on_connection));
    const auto connected = [](uv_stream_t* stream, int status) {
      if (status == 0) call<>(reinterpret_cast<uv_tcp_t*>(stream));
    };
    check(uv_listen(reinterpret_cast<uv_stream_t*>(raw()), 1024, connected), "listen");
  }
  bool accept(Tcp& into) {
    return uv_accept(reinterpret_cast<uv_stream_t*>(raw()),
                     reinterpret_cast<uv_stream_t*>(into.raw())) == 0;
  }
};

}  // namespace

struct BodyServer::Impl {
  Loop& loop;
  Handler handler;
  std::chrono::milliseconds idle;
  std::map<Connection*, std::shared_ptr<Connection>> connections{};
  std::optional<Acceptor> acceptor{};
};

struct BodyServer::Connection : std::enable_shared_from_this<Connection> {
  explicit Connection(Impl& server)
      : impl(&server), peer(server.loop), timer(server.loop) {}

  void read() {
    if (std::exchange(reading, true)) return;
    expect_bytes();
    peer.read_start([this](std::string_view bytes, int status) {
      const auto self = shared_from_this();
      if (status < 0) return close();
      received(bytes);
    });
  }
  void pause() {
    if (!std::exchange(reading, false)) return;
    peer.read_stop();
    timer.stop();
  }
  void expect_bytes() {
    if (!lingering) timer.start(impl->idle, [this] { close(); });
  }

  void received(std::string_view bytes) {
    if (lingering || replied) return;
    expect_bytes();
    if (!head_read) {
      head += bytes;
      const auto end = head.find("\r\n\r\n");
      if (std::min(end, head.size()) > kHeadLimit) return reply({.status = 431});
      if (end == head.npos) return;
      head_read = true;
      begin(parse_head(std::string_view(head).substr(0, end + 2)));
      if (replied) return;
      return received_body(std::string_view(head).substr(end + 4));
    }
    received_body(bytes);
  }

  void begin(const Head& parsed) {
    if (parsed.refused) return reply({.status = parsed.refused});
    left = parsed.length;
    const std::weak_ptr<Connection> weak = weak_from_this();
    body = impl->handler(parsed.request, {.reply =
                                              [weak](Response response) {
                                                if (const auto self = weak.lock())
                                                  self->reply(std::move(response));
                                              },
                                          .resume =
                                              [weak] {
                                                const auto self = weak.lock();
                                                if (self && self->impl && !self->ended)
                                                  self->read();
                                              }});
  }

  void received_body(std::string_view bytes) {
    bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left));
    left -= bytes.size();
    if (body && !bytes.empty() && !body->write(bytes) && !replied && left > 0) pause();
    if (left > 0 || replied || std::exchange(ended, true)) return;
    timer.stop();  // from here on it is we who are slow, not the client
    if (body) body->end();
  }

  // The body is kept until the reply has gone: it may be the one that calls us.
  void reply(Response response) {
    if (!impl || std::exchange(replied, true)) return;
    response.headers.emplace_back("Connection", "close");
    out = http::to_bytes(response, {.keep_alive = false});
    try {
      peer.write(out, [this](int) {
        const auto self = shared_from_this();
        body.reset();
        linger();
      });
    } catch (const Error&) {
      timer.start(0ms, [this] { close(); });
    }
  }

  // Until the client has seen our end and closes, or for a while.
  void linger() {
    lingering = true;
    try {
      peer.shutdown([](int) {});
    } catch (const Error&) {
      return close();
    }
    read();
    timer.start(kLinger, [this] { close(); });
  }

  void close() {
    if (!impl) return;
    const auto self = shared_from_this();
    std::exchange(impl, nullptr)->connections.erase(this);
    body.reset();
    peer.close();
    timer.close();
  }

  Impl* impl;  // nullptr: closed
  Tcp peer;
  Timer timer;
  std::string head, out;
  std::unique_ptr<Body> body;
  std::uint64_t left = 0;  // bytes of the body that have not come
  bool reading = false, head_read = false, ended = false, replied = false;
  bool lingering = false;
};

BodyServer::BodyServer(Loop& loop, Descriptor listener, Handler handler,
                       std::chrono::milliseconds idle)
    : impl_(new Impl{loop, std::move(handler), idle}) {
  std::signal(SIGPIPE, SIG_IGN);
  impl_->acceptor.emplace(loop, std::move(listener), [impl = impl_.get()] {
    const auto made = std::make_shared<Connection>(*impl);
    if (!impl->acceptor->accept(made->peer)) return;
    impl->connections.emplace(made.get(), made);
    made->read();
  });
}

BodyServer::~BodyServer() {
  while (!impl_->connections.empty()) {
    const auto connection = impl_->connections.begin()->second;
    connection->close();
  }
}

std::size_t BodyServer::connections() const {
  return impl_->connections.size();
}

}  // namespace lab::uv
