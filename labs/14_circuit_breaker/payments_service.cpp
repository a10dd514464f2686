#include "payments_service.hpp"

#include <utility>

namespace lab14 {

using lab::http::Request;
using lab::http::Response;
using lab::http::Server;

PaymentsService::PaymentsService(std::function<void(std::size_t)> on_received)
    : on_received_(std::move(on_received)),
      server_([this](const Request&, Server::Reply reply) { take(std::move(reply)); }) {
}

PaymentsService::~PaymentsService() {
  become(Health::failing);
}  // nothing may hang on

void PaymentsService::become(Health health) {
  std::vector<Server::Reply> waiting;
  {
    const std::lock_guard lock(mutex_);
    health_ = health;
    if (health != Health::hanging) waiting.swap(hanging_);
  }
  server_.refuse(health == Health::refusing);
  for (const auto& reply : waiting) answer(reply);
}

void PaymentsService::answer_after(std::chrono::milliseconds latency) {
  const std::lock_guard lock(mutex_);
  latency_ = latency;
}

void PaymentsService::fail_share(double share) {
  const std::lock_guard lock(mutex_);
  fail_share_ = share;
  failures_due_ = 0;
}

bool PaymentsService::wait_received(std::size_t count,
                                    std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, timeout, [&] { return received_ >= count; });
}

void PaymentsService::take(Server::Reply reply) {
  bool hangs;
  {
    const std::lock_guard lock(mutex_);
    ++received_;
    hangs = health_ == Health::hanging;
    if (hangs) hanging_.push_back(reply);
  }
  arrived_.notify_all();
  if (on_received_) on_received_(received_);
  if (!hangs) answer(reply);
}

void PaymentsService::answer(const Server::Reply& reply) {
  std::unique_lock lock(mutex_);
  const Response response =
      next_fails() ? Response{503, "out of order\n"} : Response{200, "paid\n"};
  const auto latency = latency_;
  lock.unlock();
  if (latency.count() == 0) return reply(response);
  server_.run_after(latency, [reply, response] { reply(response); });
}

// Evenly and not at random, so that a share of one third is each third call.
bool PaymentsService::next_fails() {
  if (health_ != Health::healthy) return true;
  failures_due_ += fail_share_;
  if (failures_due_ < 1 - 1e-9) return false;
  failures_due_ -= 1;
  return true;
}

bool PaymentsClient::charge() {
  const auto result = http_.request({.method = "POST", .target = "/charge"}, timeout_);
  const auto* response = std::get_if<Response>(&result);
  return response && response->status == 200;
}

}  // namespace lab14
