#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <optional>

#include "lab/http.hpp"

namespace lab::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;
using Kind = ClientError::Kind;

ClientError told(const error_code& error) {
  Kind kind = Kind::other;
  if (error == asio::error::connection_refused) kind = Kind::refused;
  if (error == beast::error::timeout) kind = Kind::timed_out;
  if (error == beast::http::error::end_of_stream || error == asio::error::eof ||
      error == beast::http::error::partial_message ||
      error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    kind = Kind::closed;
  } else if (error.category() ==
             make_error_code(beast::http::error::bad_method).category()) {
    kind = Kind::bad_reply;
  }
  return {kind, error.message()};
}

}  // namespace

struct Client::Impl {
  std::string host;
  std::uint16_t port;
  asio::io_context context{1};
  std::optional<beast::tcp_stream> stream{};
  beast::flat_buffer buffer{};

  // Runs the operation that was just started to its end.
  error_code finish(error_code& error) {
    context.restart();
    context.run();
    return error;
  }

  // False once the server has closed the connection, or said what nobody asked for.
  bool usable() {
    if (!stream) return false;
    char byte;
    const int fd = stream->socket().native_handle();
    const auto size = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  Result exchange(const Request& request, std::chrono::steady_clock::time_point deadline);
};

Client::Client(std::string host, std::uint16_t port)
    : impl_(new Impl{.host = std::move(host), .port = port}) {
}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result Client::Impl::exchange(const Request& request,
                              std::chrono::steady_clock::time_point deadline) {
  error_code error;
  const auto ended = [&](error_code result) { error = result; };
  if (!usable()) {
    const auto address = asio::ip::make_address(host, error);
    if (error) return ClientError{Kind::other, "no address: " + host};
    stream.emplace(context);
    buffer.clear();
    stream->expires_at(deadline);
    stream->async_connect(tcp::endpoint(address, port), ended);
    if (finish(error)) return told(error);
    stream->socket().set_option(tcp::no_delay(true), error);
  }
  stream->expires_at(deadline);

  beast::http::request<beast::http::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(beast::http::field::host, host);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  beast::http::async_write(*stream, message,
                           [&](error_code result, std::size_t) { ended(result); });
  if (finish(error)) return told(error);

  beast::http::response_parser<beast::http::string_body> parser;
  beast::http::async_read(*stream, buffer, parser,
                          [&](error_code result, std::size_t) { ended(result); });
  if (finish(error)) return told(error);

  const auto& answer = parser.get();
  Response response{.status = static_cast<int>(answer.result_int()),
                    .body = answer.body()};
  response.content_type = std::string(answer[beast::http::field::content_type]);
  for (const auto& field : answer) {
    response.headers.emplace_back(field.name_string(), field.value());
  }
  if (!answer.keep_alive()) stream.reset();
  return response;
}

Result Client::request(const Request& request, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Result result = impl_->exchange(request, deadline);
  if (std::holds_alternative<ClientError>(result)) impl_->stream.reset();
  return result;
}

}  // namespace lab::http
