#include "world/callers.hpp"

#include "lab/core/trace.hpp"

namespace lab12 {

using std::chrono::milliseconds;

Callers::Callers(std::uint16_t port, int count) {
  for (int i = 0; i < count; ++i) clients_.emplace_back(loop_, port);
}

Callers::Outcome Callers::order(std::optional<Deadline> deadline) {
  Outcome outcome;
  const auto began = std::chrono::steady_clock::now();
  lab::uv::Timer timer(loop_);
  timer.start(
      milliseconds(5), [&] { ++outcome.timer_ticks; }, milliseconds(5));
  std::size_t replies = 0;
  for (auto& client : clients_) {
    lab::http::Request request{.method = "POST", .target = "/order", .body = kOrder};
    const auto flow = lab::trace::flow_out("call", {.lane = "caller"});
    request.headers.emplace_back("flow", std::to_string(flow));
    milliseconds patience(20'000);
    if (deadline) {
      request.headers.emplace_back(Deadline::kHeader, deadline->to_header());
      patience = std::chrono::ceil<milliseconds>(deadline->left());
    }
    client.request(request, patience, [&](const lab::http::Result& result) {
      const auto* response = std::get_if<lab::http::Response>(&result);
      outcome.accepted += response && response->status == 200;
      if (++replies == clients_.size()) loop_.stop();
    });
  }
  loop_.run();
  outcome.time = std::chrono::steady_clock::now() - began;
  return outcome;
}

}  // namespace lab12
