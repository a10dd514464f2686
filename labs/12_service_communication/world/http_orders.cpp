#include "world/http_orders.hpp"

#include <algorithm>

#include "lab/core/trace.hpp"

namespace lab12 {

using lab::http::Request;
using lab::http::Response;
using lab::http::Result;
using std::chrono::milliseconds;
namespace trace = lab::trace;

namespace {

std::optional<Deadline> deadline_of(const Request& request) {
  for (const auto& [name, value] : request.headers)
    if (name == Deadline::kHeader) return Deadline::from_header(value);
  return std::nullopt;
}

Request order_with(std::optional<Deadline> deadline) {
  Request order{.method = "POST", .target = "/orders", .body = kOrder};
  if (deadline) order.headers.emplace_back(Deadline::kHeader, deadline->to_header());
  return order;
}

}  // namespace

void arrow(std::string_view from, std::string_view to, lab::Where where) {
  trace::flow_in(trace::flow_out("order", {.lane = from}, where), "order", {.lane = to},
                 where);
}

ServiceChain::ServiceChain(ChainOptions options) : options_(options) {
  for (std::size_t hop = 0; hop < options.hops; ++hop) {
    auto& server = servers_.emplace_back(
        loop_,
        [this, hop](const auto& request, Reply reply) { take(hop, request, reply); });
    ports_[hop] = server.listen();
    trace::actor(kServices[hop], trace::Actor::service);
  }
  thread_ = std::jthread([this] { loop_.run(); });
}

ServiceChain::~ServiceChain() {
  end_.send();
  thread_.join();
}

// Step 8: each service asks first whether anybody still waits for it.
void ServiceChain::take(std::size_t hop, const Request& request, Reply reply) {
  const auto deadline = options_.heeds_deadline ? deadline_of(request) : std::nullopt;
  if (deadline && deadline->has_passed()) return reply({.status = 504});
  trace::instant("works", {.lane = kServices[hop]});
  if (hop + 1 == kServices.size()) ++worked_last_;
  const bool succeeds = std::bernoulli_distribution(options_.success)(chance_);
  const auto go_on = [this, hop, deadline, reply, succeeds] {
    if (!succeeds) return reply({.status = 503});
    if (hop + 1 == options_.hops) return reply({.body = "accepted"});
    call(hop + 1, deadline, reply);
  };
  timeouts_.set_timeout(go_on, static_cast<double>(options_.work.count()));
}

void ServiceChain::call(std::size_t hop, std::optional<Deadline> deadline, Reply reply) {
  auto& clients = clients_[hop];
  auto idle = std::ranges::find_if_not(clients, &lab::uv::HttpClient::busy);
  if (idle == clients.end()) idle = clients.emplace(idle, loop_, ports_[hop]);
  arrow(kServices[hop - 1], kServices[hop]);
  idle->request(order_with(deadline), milliseconds(20'000), [reply](Result result) {
    const auto* response = std::get_if<Response>(&result);
    reply(response ? *response : Response{.status = 502});
  });
}

Callers::Callers(std::uint16_t port, int count) {
  for (int i = 0; i < count; ++i) clients_.emplace_back(loop_, port);
}

Calls Callers::order(Deadline deadline) {
  Calls calls;
  const auto began = std::chrono::steady_clock::now();
  lab::uv::Timer timer(loop_);
  timer.start(
      milliseconds(5), [&] { ++calls.timer_ticks; }, milliseconds(5));
  std::size_t waiting = clients_.size();
  for (auto& client : clients_) {
    arrow("caller", kServices[0]);
    const auto patience = std::chrono::ceil<milliseconds>(deadline.left());
    client.request(order_with(deadline), patience, [&](const Result& result) {
      const auto* response = std::get_if<Response>(&result);
      calls.accepted += response && response->status == 200;
      if (--waiting == 0) loop_.stop();
    });
  }
  loop_.run();
  calls.time = std::chrono::steady_clock::now() - began;
  return calls;
}

}  // namespace lab12
