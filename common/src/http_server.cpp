#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "lab/error.hpp"
#include "lab/http.hpp"
#include "log.hpp"

namespace lab::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;
using Answer = beast::http::response<beast::http::string_body>;

Request plain(const Parser& parser) {
  const auto& message = parser.get();
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .body = message.body()};
  for (const auto& field : message) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  return request;
}

Answer beast_answer(const Response& response, unsigned version, bool keep_alive) {
  Answer answer(static_cast<beast::http::status>(response.status), version,
                response.body);
  answer.set(beast::http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) answer.set(name, value);
  answer.keep_alive(keep_alive);
  answer.prepare_payload();
  return answer;
}

// What is told to a peer whose request could not be read; nothing if there is no point.
std::optional<int> status_of(const error_code& error) {
  if (error == beast::http::error::body_limit) return 413;
  if (error == beast::http::error::header_limit) return 431;
  const bool malformed =
      error.category() == make_error_code(beast::http::error::bad_method).category();
  if (malformed && error != beast::http::error::end_of_stream &&
      error != beast::http::error::partial_message) {
    return 400;
  }
  return std::nullopt;
}

// The server's loop. Connections share it, because a Reply may outlive the Server.
class Context : public asio::io_context {
 public:
  Context() : asio::io_context(1) {}

  // Dropped once the loop has ended for good: then there is nobody to answer.
  void later(std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    if (!ended_) asio::post(*this, std::move(call));
  }

  // Once run() has returned. What was posted since would never run, and would keep its
  // connection, which keeps this.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    restart();
    poll();
  }

 private:
  std::mutex mutex_;
  bool ended_ = false;
};

// One connection: read a request, hand it over, write the answer, again. It lives as long
// as an operation or an unanswered Reply refers to it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Context> context, tcp::socket socket,
             const ServerOptions& options, const Server::Handler& handler,
             std::shared_ptr<std::atomic<std::size_t>> open)
      : context_(std::move(context)),
        stream_(std::move(socket)),
        options_(options),
        handler_(handler),
        open_(std::move(open)) {
    ++*open_;
  }
  ~Connection() { --*open_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.header_limit));
    parser_->body_limit(options_.body_limit);
    // The clock runs while a request arrives; between two requests it is the idle time.
    stream_.expires_after(options_.request_timeout);
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              error ? self->refuse(error) : self->handle();
                            });
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

 private:
  void handle() {
    stream_.expires_never();
    const bool keep_alive = parser_->get().keep_alive();
    const unsigned version = parser_->get().version();
    // Shared by the copies of the Reply: the last one to go closes the connection, unless
    // it was answered.
    struct Owed {
      std::shared_ptr<Connection> connection;
      std::atomic<bool> answered = false;
      ~Owed() {
        if (answered) return;
        connection->context_->later([unanswered = connection] { unanswered->close(); });
      }
    };
    auto owed = std::make_shared<Owed>();
    owed->connection = shared_from_this();
    handler_(plain(*parser_), [owed, version, keep_alive](Response response) {
      if (owed->answered.exchange(true)) return;
      const auto connection = owed->connection;
      connection->context_->later([connection, version, keep_alive, response] {
        connection->write(beast_answer(response, version, keep_alive));
      });
    });
  }

  void refuse(const error_code& error) {
    const auto status = status_of(error);
    if (error != beast::http::error::end_of_stream) {
      log().debug("http: {}", error.message());
    }
    if (!status) return close();
    write(beast_answer({.status = *status, .body = error.message() + "\n"}, 11, false));
  }

  void write(Answer answer) {
    answer_ = std::move(answer);
    stream_.expires_after(options_.request_timeout);
    beast::http::async_write(stream_, *answer_,
                             [self = shared_from_this()](error_code error, std::size_t) {
                               const bool again = !error && self->answer_->keep_alive();
                               again ? self->read() : self->close();
                             });
  }

  std::shared_ptr<Context> context_;  // before the stream: it goes last
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Answer> answer_;
  const ServerOptions& options_;
  const Server::Handler& handler_;
  std::shared_ptr<std::atomic<std::size_t>> open_;
};

}  // namespace

struct Server::Impl {
  Handler handler;
  ServerOptions options;
  std::shared_ptr<std::atomic<std::size_t>> open =
      std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<Context> context = std::make_shared<Context>();
  tcp::acceptor acceptor{*context};
  std::vector<std::weak_ptr<Connection>> connections{};
  std::set<std::shared_ptr<asio::steady_timer>> timers{};
  std::uint16_t port = 0;
  std::function<void()> ending{};  // lets the loop run out of work
  bool ended = false;
  std::thread thread{};

  void listen() {
    const tcp::endpoint endpoint(asio::ip::make_address(options.host),
                                 port ? port : options.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    if (!port) port = acceptor.local_endpoint().port();  // once: other threads read it
  }

  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;  // the acceptor was closed
      if (error) {
        // Out of descriptors, say: serve those who are here, and look again in a while.
        log().warn("http: cannot accept: {}", error.message());
        return after(std::chrono::milliseconds(50), [this] {
          if (acceptor.is_open()) accept();
        });
      }
      if (*open < options.connection_limit) serve(std::move(socket));
      accept();
    });
  }

  void serve(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto connection =
        std::make_shared<Connection>(context, std::move(socket), options, handler, open);
    std::erase_if(connections, [](const auto& other) { return other.expired(); });
    connections.push_back(connection);
    connection->read();
  }

  void after(std::chrono::milliseconds delay, std::function<void()> call) {
    if (ended) return;  // else the end would wait for it
    const auto timer =
        *timers.insert(std::make_shared<asio::steady_timer>(*context, delay)).first;
    timer->async_wait([this, timer, call = std::move(call)](const error_code& error) {
      if (error) return;  // cancelled: the server is ending
      timers.erase(timer);
      call();
    });
  }

  void shut() {
    error_code ignored;
    acceptor.close(ignored);
    for (const auto& weak : connections) {
      if (const auto connection = weak.lock()) connection->close();
    }
    connections.clear();
  }
};

Server::Server(Handler handler, ServerOptions options)
    : impl_(new Impl{.handler = std::move(handler), .options = std::move(options)}) {
  try {
    impl_->listen();
  } catch (const boost::system::system_error& error) {
    throw Error(
        "listen on " + impl_->options.host + ":" + std::to_string(impl_->options.port),
        error.code().message());
  }
  impl_->accept();
  impl_->thread =
      std::thread([this, more = asio::make_work_guard(*impl_->context)]() mutable {
        impl_->ending = [&more] { more.reset(); };
        impl_->context->run();
      });
}

// With every socket closed and every timer cancelled the loop runs out of work, and with
// it go the operations that refer to connections.
Server::~Server() {
  asio::post(*impl_->context, [this] {
    impl_->shut();
    for (const auto& timer : std::exchange(impl_->timers, {})) timer->cancel();
    impl_->ended = true;
    impl_->ending();
  });
  impl_->thread.join();
  impl_->context->end();
}

std::uint16_t Server::port() const {
  return impl_->port;
}

std::size_t Server::open_connections() const {
  return *impl_->open;
}

void Server::refuse(bool refuse) {
  std::atomic<bool> done = false;
  // At once if a handler asks: it runs on the thread that this would wait for.
  asio::dispatch(*impl_->context, [&] {
    if (refuse) {
      impl_->shut();
    } else if (!impl_->acceptor.is_open()) {
      try {
        impl_->listen();
        impl_->accept();
      } catch (const boost::system::system_error& error) {
        log().error("http: cannot listen again: {}", error.what());
      }
    }
    done = true;
    done.notify_all();
  });
  done.wait(false);
}

void Server::run_after(std::chrono::milliseconds delay, std::function<void()> call) {
  asio::post(*impl_->context, [this, delay, call = std::move(call)]() mutable {
    impl_->after(delay, std::move(call));
  });
}

}  // namespace lab::http
