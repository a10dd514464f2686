#include <optional>
#include <utility>

#include "lab/net/http.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/uv/uv.hpp"

namespace lab::http {

// A loop that runs only while a request is under way.
struct Client::Impl {
  explicit Impl(std::string to) : host(std::move(to)) {}

  const std::string host;
  uv::Loop loop{};
  std::optional<uv::HttpClient> client{};
};

Client::Client(std::string host, std::uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(host))) {
  sockaddr_in address{};
  if (uv_ip4_addr(impl_->host.c_str(), port, &address) < 0) return;
  impl_->client.emplace(impl_->loop, address);
}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result Client::request(const Request& request, std::chrono::milliseconds timeout) {
  if (!impl_->client)
    return ClientError{ClientError::Kind::other, "no address: " + impl_->host};
  impl_->loop.run(UV_RUN_NOWAIT);  // has the server closed the connection since?
  std::optional<Result> result;
  impl_->client->request(request, timeout,
                         [&](Result ended) { result = std::move(ended); });
  while (!result) impl_->loop.run(UV_RUN_ONCE);
  return std::move(*result);
}

}  // namespace lab::http
