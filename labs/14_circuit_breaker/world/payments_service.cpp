#include "world/payments_service.hpp"

#include <utility>

#include "lab/core/trace.hpp"

namespace lab14 {

using lab::http::Request;
using lab::http::Response;
using lab::http::Server;
namespace trace = lab::trace;

namespace {

const char* to_string(Health health) {
  switch (health) {
    case Health::healthy:
      return "healthy";
    case Health::failing:
      return "failing";
    case Health::slow:
      return "slow";
    case Health::hanging:
      return "hanging";
  }
  return "";
}

Response response_of(Health health) {
  if (health == Health::failing) return {.status = 503, .body = "out of order\n"};
  return {.body = "paid\n"};
}

}  // namespace

PaymentsService::PaymentsService(std::string name)
    : name_(std::move(name)),
      server_([this](const Request& request, Server::Reply reply) {
        take(request, std::move(reply));
      }) {
  trace::actor(name_, trace::Actor::service);
  trace::state(name_, to_string(health_));
}

PaymentsService::~PaymentsService() {
  change(Health::failing);  // nobody may be left waiting
}

void PaymentsService::become(Health health) {
  trace::state(name_, to_string(health));
  change(health);
}

void PaymentsService::change(Health health) {
  std::vector<Server::Reply> waiting;
  {
    const std::lock_guard lock(mutex_);
    health_ = health;
    if (health != Health::hanging) waiting.swap(hanging_);
  }
  for (const auto& reply : waiting) reply(response_of(health));
}

bool PaymentsService::wait_received(int count, lab::TimeSpan timeout) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, timeout, [&] { return received_ >= count; });
}

void PaymentsService::take(const Request& request, Server::Reply reply) {
  trace::flow_in(std::stoull(request.body), "charge", {.lane = name_});
  trace::counter("received", received_ + 1, {.lane = name_});
  std::unique_lock lock(mutex_);
  ++received_;
  arrived_.notify_all();
  const Health health = health_;
  if (health == Health::hanging) return hanging_.push_back(std::move(reply));
  lock.unlock();
  if (health != Health::slow) return reply(response_of(health));
  server_.run_after(kSlow, [reply, health] { reply(response_of(health)); });
}

bool PaymentsClient::charge() {
  const auto flow = trace::flow_out("charge", {.lane = name_});
  const auto result = http_.request(
      {.method = "POST",
       .target = "/charge",
       .body = std::to_string(flow)},  // so that the picture knows where it arrives
      timeout_);
  const auto* response = std::get_if<Response>(&result);
  return response && response->status == 200;
}

}  // namespace lab14
