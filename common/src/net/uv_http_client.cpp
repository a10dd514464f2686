#include "lab/net/uv_http_client.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "lab/net/loopback.hpp"
#include "net/http_wire.hpp"

namespace lab::uv {

namespace {

using namespace std::chrono_literals;
using http::ClientError;
using Kind = ClientError::Kind;

Kind kind_of(int status) {
  switch (status) {
    case UV_ECONNREFUSED:
      return Kind::refused;
    case UV_EOF:
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_ECANCELED:
      return Kind::closed;
    default:
      return Kind::other;
  }
}

std::string name_of(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  uv_ip4_name(&address, text, sizeof text);
  return text + (":" + std::to_string(ntohs(address.sin_port)));
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& on, const sockaddr_in& to) : loop(on), server(to) {}

  // Nothing may be thrown into libuv; and the client may go from inside its own callback.
  template <class Call>
  void safely(Call call) {
    const auto self = shared_from_this();
    try {
      call();
    } catch (const std::exception& error) {
      fail(Kind::other, error.what());
    }
  }

  void connect() {
    ++connections;
    peer.emplace(loop);
    peer->connect(server, [this](int status) {
      safely([&] {
        if (status < 0) return fail(kind_of(status), uv_strerror(status));
        uv_tcp_nodelay(peer->raw(), 1);
        peer->read_start([this](std::string_view bytes, int result) {
          safely([&] { received(bytes, result); });
        });
        if (on_connected) on_connected();
        if (on_result && peer) send();
      });
    });
  }

  void send() {
    peer->write(out, [](int) {});  // what goes wrong is read as the end
  }

  void received(std::string_view bytes, int status) {
    if (!on_result)
      return drop();  // the end between two requests, or what nobody asked for
    if (status < 0) {
      if (status == UV_EOF && begun && reader->end() == http::Progress::whole)
        return succeed(false);
      return fail(kind_of(status), uv_strerror(status));
    }
    begun = true;
    unread.append(bytes);
    const auto progress = reader->read(unread);
    if (progress == http::Progress::bad) return fail(Kind::bad_reply, reader->error());
    if (progress == http::Progress::whole)
      succeed(reader->keep_alive() && !last && unread.empty());
  }

  void succeed(bool keep) {
    if (!keep) drop();
    finish(reader->take());
  }
  void fail(Kind kind, std::string why) {
    drop();
    if (on_result) finish(ClientError{kind, std::move(why)});
  }
  void finish(http::Result result) {
    deadline.stop();
    reader.reset();
    std::exchange(on_result, nullptr)(std::move(result));
  }
  void drop() {
    peer.reset();
    unread.clear();
  }

  // By the loop's clock, which stood still while its last callback ran.
  void after(std::chrono::milliseconds time, std::function<void()> call) {
    uv_update_time(loop.raw());
    deadline.start(std::clamp<std::chrono::milliseconds>(time, 0ms, 24h * 365),
                   [this, call = std::move(call)] { safely(call); });
  }

  Loop& loop;
  const sockaddr_in server;
  Timer deadline{loop};
  std::optional<Tcp> peer{};
  std::optional<http::ResponseReader> reader{};
  OnResult on_result{};  // while a request is under way
  std::function<void()> on_connected{};
  std::string out{};
  std::string unread{};
  bool begun = false;  // some of the reply has come
  bool last = false;   // the request says that the connection ends with it
  int connections = 0;
};

HttpClient::HttpClient(Loop& loop, std::uint16_t port)
    : HttpClient(loop, loopback::address(port)) {
}
HttpClient::HttpClient(Loop& loop, const sockaddr_in& server)
    : impl_(std::make_shared<Impl>(loop, server)) {
  std::signal(SIGPIPE, SIG_IGN);
}

HttpClient::~HttpClient() {
  impl_->on_result = nullptr;
}

void HttpClient::request(const http::Request& request, std::chrono::milliseconds timeout,
                         OnResult on_result) {
  if (busy()) throw std::invalid_argument("HttpClient: one request at a time");
  impl_->on_result = std::move(on_result);
  impl_->begun = false;
  impl_->reader.emplace(request.method == "HEAD");
  impl_->last = http::closes(request.headers);
  impl_->out = http::to_bytes(request, name_of(impl_->server));
  const auto fail_soon = [this](std::string why) {
    impl_->after(0ms, [impl = impl_.get(), why] { impl->fail(Kind::other, why); });
  };
  if (impl_->out.empty()) return fail_soon("not a request that can be sent");
  impl_->after(timeout, [impl = impl_.get()] {
    impl->fail(Kind::timed_out, "no reply within the time");
  });
  try {
    impl_->peer ? impl_->send() : impl_->connect();
  } catch (const std::exception& error) {
    impl_->drop();
    fail_soon(error.what());
  }
}

void HttpClient::on_connected(std::function<void()> call) {
  impl_->on_connected = std::move(call);
}

void HttpClient::close() {
  const auto impl = impl_;
  impl->fail(Kind::closed, "closed by the client");
}

bool HttpClient::busy() const {
  return impl_->on_result != nullptr;
}

int HttpClient::connections() const {
  return impl_->connections;
}

}  // namespace lab::uv
