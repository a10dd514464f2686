#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
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

  Result once(const Request& request, std::chrono::steady_clock::time_point deadline,
              bool& nothing_came);
};

Client::Client(std::string host, std::uint16_t port)
    : impl_(new Impl{.host = std::move(host), .port = port}) {
}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result Client::Impl::once(const Request& request,
                          std::chrono::steady_clock::time_point deadline,
                          bool& nothing_came) {
  nothing_came = true;
  error_code error;
  const auto ended = [&](error_code result) { error = result; };
  if (!stream) {
    stream.emplace(context);
    buffer.clear();
    stream->expires_at(deadline);
    stream->async_connect(tcp::endpoint(asio::ip::make_address(host), port), ended);
    if (finish(error)) return told(error);
    stream->socket().set_option(tcp::no_delay(true));
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
  finish(error);
  nothing_came = !parser.got_some();
  if (error) return told(error);

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
  const bool reused = impl_->stream.has_value();
  bool nothing_came = false;
  Result result = impl_->once(request, deadline, nothing_came);
  const auto* error = std::get_if<ClientError>(&result);
  if (error) impl_->stream.reset();
  if (error && error->kind == Kind::closed && reused && nothing_came) {
    result = impl_->once(request, deadline, nothing_came);
    if (std::holds_alternative<ClientError>(result)) impl_->stream.reset();
  }
  return result;
}

}  // namespace lab::http
