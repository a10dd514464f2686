#include "lab/net/http_crowd.hpp"

namespace lab::http {

using std::chrono::milliseconds;

Crowd::Crowd(std::uint16_t port, int clients) {
  for (int i = 0; i < clients; ++i) clients_.emplace_back(loop_, port);
}

Crowd::Outcome Crowd::send(const Request& request, milliseconds patience) {
  Outcome outcome;
  const auto began = std::chrono::steady_clock::now();
  uv::Timer timer(loop_);
  timer.start(
      milliseconds(5), [&] { ++outcome.timer_ticks; }, milliseconds(5));
  std::size_t waiting = clients_.size();
  for (uv::HttpClient& client : clients_) {
    client.request(request, patience, [&](const Result& result) {
      const auto* response = std::get_if<Response>(&result);
      outcome.succeeded += response && response->status == 200;
      if (--waiting == 0) loop_.stop();
    });
  }
  if (waiting) loop_.run();
  outcome.time = std::chrono::steady_clock::now() - began;
  return outcome;
}

}  // namespace lab::http
