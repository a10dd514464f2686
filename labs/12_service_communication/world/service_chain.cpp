#include "world/service_chain.hpp"

#include <algorithm>
#include <iterator>

#include "lab/core/trace.hpp"

namespace lab12 {

using lab::http::Request;
using lab::http::Response;
using Reply = lab::http::Server::Reply;
namespace trace = lab::trace;

namespace {

constexpr const char* kFlow = "flow";  // where the picture's arrow began

std::string header_of(const Request& request, std::string_view name) {
  const auto at = std::ranges::find(request.headers, name,
                                    &std::pair<std::string, std::string>::first);
  return at == request.headers.end() ? "" : at->second;
}

}  // namespace

ServiceChain::ServiceChain(ChainOptions options) : options_(options) {
  for (std::size_t hop = 0; hop < options.hops; ++hop) {
    Hop& made = hops_.emplace_back(kServices[hop]);
    made.server.emplace(loop_, [this, hop](const Request& request, Reply reply) {
      take(hop, request, std::move(reply));
    });
    made.port = made.server->listen();
    trace::actor(made.name, trace::Actor::service);
  }
  thread_ = std::jthread([this] { loop_.run(); });
}

ServiceChain::~ServiceChain() {
  end_.send();
  thread_.join();
}

int ServiceChain::worked(std::size_t hop) const {
  return std::next(hops_.begin(), static_cast<std::ptrdiff_t>(hop))->worked;
}

// Step 8: each service asks first whether anybody still waits for it.
void ServiceChain::take(std::size_t hop, const Request& request, Reply reply) {
  Hop& self = *std::next(hops_.begin(), static_cast<std::ptrdiff_t>(hop));
  if (const std::string flow = header_of(request, kFlow); !flow.empty())
    trace::flow_in(std::stoull(flow), "call", {.lane = self.name});
  const auto deadline = Deadline::from_header(header_of(request, Deadline::kHeader));
  if (options_.heeds_deadline && deadline && deadline->has_passed())
    return reply({.status = 504, .body = "nobody waits any more"});
  ++self.worked;
  trace::instant("works", {.lane = self.name});
  const bool succeeds = std::bernoulli_distribution(options_.success)(chance_);
  const auto go_on = [this, hop, body = request.body, deadline, reply, succeeds] {
    if (!succeeds) return reply({.status = 503});
    if (hop + 1 == options_.hops) return reply({.body = "accepted"});
    call_next(hop, body, deadline, reply);
  };
  timeouts_.set_timeout(go_on, static_cast<double>(options_.work.count()));
}

void ServiceChain::call_next(std::size_t hop, const std::string& order,
                             std::optional<Deadline> deadline, const Reply& reply) {
  const auto self = std::next(hops_.begin(), static_cast<std::ptrdiff_t>(hop));
  auto idle =
      std::ranges::find_if(self->clients, [](const auto& c) { return !c.busy(); });
  if (idle == self->clients.end())
    idle = self->clients.emplace(idle, loop_, std::next(self)->port);
  Request next{.method = "POST", .target = "/order", .body = order};
  const auto flow = trace::flow_out("call", {.lane = self->name});
  next.headers.emplace_back(kFlow, std::to_string(flow));
  if (options_.heeds_deadline && deadline)
    next.headers.emplace_back(Deadline::kHeader, deadline->to_header());
  idle->request(next, std::chrono::seconds(20), [reply](lab::http::Result result) {
    const auto* response = std::get_if<Response>(&result);
    reply(response ? *response : Response{.status = 502});
  });
}

}  // namespace lab12
