#include <array>
#include <boost/asio/compose.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "net/websocket_parts.hpp"

namespace lab::websocket {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ws = beast::websocket;

// The code that the peer gave, also when the connection then broke before both ends were
// done with it; else RFC 6455's code for what the peer did wrong. Beast has told it the same.
Close close_of(const error_code& error, const ws::close_reason& told) {
  if (error == ws::error::closed || told.code) {
    return {told.code ? told.code : code::lost, std::string(told.reason.c_str())};
  }
  Close close{.reason = error.message()};
  if (error == ws::error::message_too_big || error == ws::error::buffer_overflow) {
    close.code = code::too_big;
  } else if (error == ws::error::bad_frame_payload) {
    close.code = code::bad_payload;
  } else if (error == ws::condition::protocol_violation) {
    close.code = code::protocol_error;
  }
  return close;
}

// A page of another site may open a WebSocket to here, with the user's cookies: browsers
// do not forbid it, they only say where it comes from. So it is for us to refuse.
template <class Request>
bool from_elsewhere(const Request& request) {
  const auto origin = request[http::field::origin];
  if (origin.empty()) return false;  // not a browser
  return origin != "http://" + std::string(request[http::field::host]);
}

template <class Request>
lab::websocket::Request seen(const Request& request) {
  const auto only = [&](http::field field) -> std::string {
    return request.count(field) == 1 ? std::string(request[field]) : "";
  };
  return {.method = std::string(request.method_string()),
          .target = std::string(request.target()),
          .host = only(http::field::host),
          .origin = only(http::field::origin),
          .cookie = only(http::field::cookie),
          .accept_encoding = only(http::field::accept_encoding),
          .upgrade = ws::is_upgrade(request)};
}

// 16 bytes in base64, as RFC 6455, 4.1 wants them: 22 digits, the last of which carries
// four bits of padding, and two signs.
bool is_key(std::string_view key) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(kDigits) == key.npos;
}

// Beast looks at the rest: method, version of HTTP, Host, Connection.
template <class Request>
bool may_upgrade(const Request& request) {
  return request.count(http::field::host) == 1 &&
         request.count(http::field::sec_websocket_version) == 1 &&
         request.count(http::field::sec_websocket_key) == 1 &&
         is_key(std::string_view(request[http::field::sec_websocket_key]));
}

// RFC 6455, 7.4: these stand in a close frame, all others do not.
bool may_be_sent(std::uint16_t code) {
  const bool of_protocol =
      code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006);
  return of_protocol || (code >= 3000 && code <= 4999);
}

constexpr std::size_t kReasonBytes = ws::reason_string::static_capacity;

// A socket that first gives back what was read behind the request: a client may send its
// first frames together with it.
class EarlyStream : public beast::tcp_stream {
 public:
  explicit EarlyStream(tcp::socket socket) : beast::tcp_stream(std::move(socket)) {}

  beast::flat_buffer early{};
  std::chrono::milliseconds linger{};

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (early.size() == 0) {
      beast::tcp_stream::async_read_some(buffers, std::forward<Handler>(handler));
      return;
    }
    const std::size_t bytes = asio::buffer_copy(buffers, early.data());
    early.consume(bytes);
    asio::post(get_executor(), beast::bind_front_handler(std::forward<Handler>(handler),
                                                         error_code(), bytes));
  }

  // What Beast calls when a connection ends.
  friend void beast_close_socket(EarlyStream& stream) {
    error_code ignored;
    stream.socket().close(ignored);
  }
  // A server's end reads on until its peer has closed too. Beast's own stops after 2 KiB and
  // closes, which resets a connection with more to read: then a peer that is still writing
  // loses the close frame, and never hears why.
  template <class Handler>
  friend void async_teardown(beast::role_type role, EarlyStream& stream,
                             Handler&& handler) {
    if (role == beast::role_type::client) {
      ws::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
      return;
    }
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(stream.linger);
    asio::async_compose<std::decay_t<Handler>, void(error_code)>(
        [&stream, first = true](auto& self, error_code error = {},
                                std::size_t = 0) mutable {
          if (!std::exchange(first, false) && error) {
            stream.socket().close(error);
            return self.complete({});
          }
          static_cast<beast::tcp_stream&>(stream).async_read_some(
              asio::buffer(stream.unwanted_), std::move(self));
        },
        handler, stream);
  }

 private:
  std::array<char, 2048> unwanted_{};
};

// One end of a connection. It lives as long as an operation refers to it, or the user.
class Connection final : public Owned, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Context> context, tcp::socket socket, const Options& options)
      : context_(std::move(context)), options_(options), ws_(std::move(socket)) {
    buffer_.max_size(options.message_limit + options.header_limit);
  }

  // --- a server's end: the request comes first
  void greet(std::shared_ptr<const Host> host) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.header_limit));
    parser_->body_limit(0);
    tcp_stream().expires_after(options_.handshake_time);
    http::async_read(
        tcp_stream(), buffer_, *parser_,
        [self = shared_from_this(), host](const error_code& error, std::size_t) {
          error ? self->not_understood(error) : self->answer(*host);
        });
  }

  // --- a client's end
  void connect(std::uint16_t port, std::string target, std::shared_ptr<Session> session) {
    session_ = std::move(session);
    error_code ignored;
    tcp_stream().socket().open(tcp::v4(), ignored);
    if (options_.receive_buffer) {  // before connecting: the window is agreed then
      tcp_stream().socket().set_option(
          asio::socket_base::receive_buffer_size(options_.receive_buffer), ignored);
    }
    tcp_stream().expires_after(options_.handshake_time);
    tcp_stream().async_connect(
        {asio::ip::address_v4::loopback(), port},
        [self = shared_from_this(), port, target](const error_code& error) {
          if (error) return self->end({.reason = "connect: " + error.message()});
          self->shake_hands("127.0.0.1:" + std::to_string(port), target);
        });
  }

  void write(Text text) override {
    if (!open()) return;
    waiting_bytes_ += text->size();
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) write_first();
  }

  std::size_t waiting() const override { return waiting_bytes_; }

  void close(std::uint16_t code, std::string reason) override {
    if (!may_be_sent(code) || reason.size() > kReasonBytes) {
      throw std::invalid_argument("a close code that may be sent, and at most 123 bytes");
    }
    if (!open()) return drop();
    open_ = false;
    ours_ = Close{code, reason};
    for (; waiting_.size() > 1; waiting_.pop_back()) {
      waiting_bytes_ -= waiting_.back()->size();
    }
    // Beast waits for the write in hand and for the peer's answer; the timer does not.
    timer_.emplace(*context_, options_.close_time);
    timer_->async_wait([weak = weak_from_this()](const error_code& error) {
      if (const auto self = weak.lock(); self && !error) self->drop();
    });
    const ws::close_reason told(static_cast<ws::close_code>(code), reason);
    ws_.async_close(told,
                    [self = shared_from_this()](const error_code&) { self->drop(); });
  }

  void drop() override {
    error_code ignored;
    tcp_stream().socket().close(ignored);
    if (!session_) return;
    // Later, so that nobody is called back from within his own call.
    asio::post(*context_, [self = shared_from_this()] { self->end({}); });
  }

  void abandon() override {
    open_ = false;
    abandoned_ = true;
    session_.reset();
    drop();
  }

  void pause(bool pause) override {
    const bool again = paused_ && !pause;
    paused_ = pause;
    if (!again || !open() || reading_) return;
    // Later, so that nobody is called back from within his own call.
    reading_ = true;
    asio::post(*context_, [self = shared_from_this()] {
      self->reading_ = false;
      std::exchange(self->unheard_, false) ? self->received() : self->read_on();
    });
  }

  bool open() const override { return open_; }

 private:
  using Stream = ws::stream<EarlyStream>;
  beast::tcp_stream& tcp_stream() { return ws_.next_layer(); }

  // Half a request that takes too long, or that ends, gets no answer.
  void not_understood(const error_code& error) {
    if (abandoned_) return;
    if (error.category() != http::make_error_code(http::error::bad_value).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message) {
      return end({});
    }
    reply({.status = error == http::error::header_limit ? 431 : 400});
  }

  void answer(const Host& host) {
    if (abandoned_) return;
    const auto& request = parser_->get();
    const std::string target(request.target());
    if (auto page = host.gate ? host.gate(seen(request)) : std::nullopt) {
      return reply(std::move(*page));
    }
    if (!ws::is_upgrade(request)) {
      return reply(host.pages ? host.pages(target) : Page{});
    }
    if (!may_upgrade(request)) return reply({.status = 400});
    if (from_elsewhere(request)) return reply({.status = 403});
    session_ = host.welcome(shared_from_this(), target);
    if (!session_) return reply({});
    prepare();
    std::swap(ws_.next_layer().early, buffer_);
    ws_.async_accept(request, [self = shared_from_this()](const error_code& error) {
      error ? self->end({}) : self->opened();
    });
  }

  void reply(Page page) {
    page_.emplace(static_cast<http::status>(page.status), 11, std::move(page.body));
    page_->set(http::field::content_type, page.content_type);
    for (const auto& [name, value] : page.headers) page_->insert(name, value);
    page_->keep_alive(false);
    page_->prepare_payload();
    serializer_.emplace(*page_);
    write_page();
  }

  // Piece by piece: a large page may take its time, if only it is taken.
  void write_page() {
    tcp_stream().expires_after(options_.message_time);
    http::async_write_some(
        tcp_stream(), *serializer_,
        [self = shared_from_this()](const error_code& error, std::size_t) {
          if (!error && !self->serializer_->is_done()) return self->write_page();
          error_code ignored;
          self->tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
        });
  }

  void shake_hands(const std::string& host, const std::string& target) {
    error_code ignored;
    tcp_stream().socket().set_option(tcp::no_delay(true), ignored);
    prepare();
    ws_.async_handshake(host, target,
                        [self = shared_from_this()](const error_code& error) {
                          if (error) return self->end({.reason = error.message()});
                          self->opened();
                        });
  }

  void prepare() {
    tcp_stream().expires_never();  // the WebSocket layer has timers of its own
    ws_.next_layer().linger = options_.close_time;
    ws_.set_option(ws::stream_base::timeout{.handshake_timeout = options_.handshake_time,
                                            .idle_timeout = options_.idle_time,
                                            .keep_alive_pings = true});
    ws_.read_message_max(options_.message_limit);
    ws_.auto_fragment(false);  // so that a message is written from where it stands
    ws_.text(true);
  }

  void opened() {
    parser_.reset();
    if (!session_) return;  // abandoned meanwhile
    open_ = true;
    session_->on_open();
    read_on();
  }

  void write_first() {
    ws_.async_write(asio::buffer(*waiting_.front()),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->wrote(error);
                    });
  }

  void wrote(const error_code& error) {
    waiting_bytes_ -= waiting_.front()->size();
    waiting_.pop_front();
    if (error || !open()) return;
    if (!waiting_.empty()) return write_first();
    session_->on_drained();
  }

  // Piece by piece: only so is a message that never ends seen while it comes.
  void read_on() {
    if (!open() || paused_ || std::exchange(reading_, true)) return;
    ws_.async_read_some(
        buffer_, 0, [self = shared_from_this()](const error_code& error, std::size_t) {
          self->reading_ = false;
          error ? self->end(close_of(error, self->ws_.reason())) : self->received();
        });
  }

  void received() {
    if (!open()) return;
    if (paused_) {  // since this was asked for
      unheard_ = true;
      return;
    }
    if (!ws_.got_text()) return close(code::unsupported, "text only");
    if (ws_.is_message_done()) {
      message_timer_.reset();
      const auto bytes = buffer_.data();
      session_->on_text({static_cast<const char*>(bytes.data()), bytes.size()});
      buffer_.consume(buffer_.size());
    } else if (!message_timer_) {
      time_message();
    }
    read_on();
  }

  // For the whole of it: a peer that keeps answering pings may still never end a message.
  void time_message() {
    message_timer_.emplace(*context_, options_.message_time);
    message_timer_->async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self || error || !self->open()) return;
      // Cancelled too late: this call was on its way already.
      if (!self->message_timer_ ||
          self->message_timer_->expiry() > std::chrono::steady_clock::now()) {
        return;
      }
      if (!self->paused_) return self->close(code::policy, "a message took too long");
      self->time_message();  // it is we who do not read
    });
  }

  // The last thing that happens; later calls do nothing.
  void end(const Close& why) {
    open_ = false;
    timer_.reset();
    message_timer_.reset();
    error_code ignored;
    tcp_stream().socket().close(ignored);
    if (const auto session = std::exchange(session_, nullptr)) {
      session->on_close(ours_.value_or(why));
    }
  }

  std::shared_ptr<Context> context_;  // before the stream: it goes last
  Options options_;
  Stream ws_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> page_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::shared_ptr<Session> session_;  // refers to us; let go in end()
  std::optional<asio::steady_timer> timer_;
  std::optional<asio::steady_timer> message_timer_;  // of the message in hand
  std::optional<Close> ours_;                        // we closed
  std::deque<Text> waiting_;                         // the first is being written
  std::size_t waiting_bytes_ = 0;
  bool open_ = false;
  bool reading_ = false;  // or about to
  bool unheard_ = false;  // something was read while we were paused
  bool paused_ = false;
  bool abandoned_ = false;
};

}  // namespace

std::shared_ptr<Owned> serve(std::shared_ptr<Context> context, tcp::socket socket,
                             std::shared_ptr<const Host> host) {
  const auto connection =
      std::make_shared<Connection>(std::move(context), std::move(socket), host->options);
  connection->greet(std::move(host));
  return connection;
}

Peer connect(Loop& loop, std::uint16_t port, const std::string& target,
             std::shared_ptr<Session> session, Options options) {
  const auto& context = loop.impl().context;
  const auto connection =
      std::make_shared<Connection>(context, tcp::socket(*context), options);
  context->keep(connection);
  connection->connect(port, target, std::move(session));
  return connection;
}

}  // namespace lab::websocket
