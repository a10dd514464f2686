// service_chain.hpp: services that call one another over HTTP, on one event loop.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <random>
#include <thread>

#include "lab/core/trace.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/timeouts.hpp"
#include "service_communication.hpp"

namespace lab12 {

inline constexpr std::array kServices{"orders", "payments", "stock", "shipping"};

// The order as JSON, with a deadline if there is one.
inline lab::http::Request order(std::optional<Deadline> deadline = {}) {
  lab::http::Request made{
      .method = "POST",
      .body = R"({"id":"order-17","item":"book","count":2,"cents":1999})"};
  if (deadline) made.headers.emplace_back(Deadline::kHeader, deadline->to_header());
  return made;
}

// A message in the picture, at the moment when it is sent.
inline void arrow(std::string_view from, std::string_view to,
                  std::string_view what = "order",
                  lab::Where where = lab::Where::here()) {
  lab::trace::flow_in(lab::trace::flow_out(what, {.lane = from}, where), what,
                      {.lane = to}, where);
}

// What a scene tries next: a heading in its picture.
inline void next_case(std::string_view what, lab::Where where = lab::Where::here()) {
  lab::trace::instant(what, {.lane = "case"}, where);
}

struct ChainOptions {
  std::size_t hops = kServices.size();
  std::chrono::milliseconds work{25};  // what each service takes before it calls the next
  double success = 1;                  // how often that succeeds
  bool heeds_deadline = true;          // else it neither reads nor passes it on
};

class ServiceChain {
 public:
  explicit ServiceChain(ChainOptions options) : options_(options) {
    for (std::size_t hop = 0; hop < options.hops; ++hop) {
      const auto handler = [this, hop](const auto& request, auto reply) {
        take(hop, request, reply);
      };
      ports_[hop] = servers_.emplace_back(loop_, handler).listen();
      lab::trace::actor(kServices[hop], lab::trace::Actor::service);
    }
    thread_ = std::jthread([this] { loop_.run(); });
  }
  ~ServiceChain() {
    end_.send();
    thread_.join();
  }

  std::uint16_t port() const { return ports_[0]; }
  int worked_last() const { return worked_last_; }  // how often the fourth one worked

 private:
  using Reply = lab::http::Server::Reply;

  // Step 8: each service first checks whether its caller still waits.
  void take(std::size_t hop, const lab::http::Request& request, Reply reply) {
    std::optional<Deadline> deadline;
    for (const auto& [name, value] : request.headers)
      if (options_.heeds_deadline && name == Deadline::kHeader)
        deadline = Deadline::from_header(value);
    if (deadline && deadline->has_passed()) return reply({.status = 504});
    if (is_drawn_) lab::trace::instant("works", {.lane = kServices[hop]});
    if (hop + 1 == kServices.size()) ++worked_last_;
    const bool succeeds = std::bernoulli_distribution(options_.success)(chance_);
    const auto go_on = [this, hop, deadline, reply, succeeds] {
      if (!succeeds) return reply({.status = 503});
      if (hop + 1 == options_.hops) return reply({.body = "accepted"});
      call(hop + 1, deadline, reply);
    };
    timeouts_.set_timeout(go_on, static_cast<double>(options_.work.count()));
  }

  void call(std::size_t hop, std::optional<Deadline> deadline, Reply reply) {
    auto& clients = clients_[hop];
    auto idle = std::ranges::find_if_not(clients, &lab::uv::HttpClient::busy);
    if (idle == clients.end()) idle = clients.emplace(idle, loop_, ports_[hop]);
    if (is_drawn_) arrow(kServices[hop - 1], kServices[hop]);
    const auto on_result = [this, hop, reply](lab::http::Result result) {
      const auto* response = std::get_if<lab::http::Response>(&result);
      if (is_drawn_ && response)
        arrow(kServices[hop], kServices[hop - 1],
              response->status == 504 ? "504, too late" : response->body);
      reply(response ? *response : lab::http::Response{.status = 502});
    };
    idle->request(order(deadline), std::chrono::seconds(20), on_result);
  }

  const ChainOptions options_;
  const bool is_drawn_ = options_.success == 1;  // else hundreds of orders come
  std::mt19937 chance_{12};                      // the same share of failures in each run
  lab::uv::Loop loop_;
  lab::uv::Timeouts timeouts_{loop_};
  std::list<lab::uv::HttpServer> servers_;
  std::array<std::uint16_t, kServices.size()> ports_{};
  std::array<std::list<lab::uv::HttpClient>, kServices.size()> clients_;  // of a service
  std::atomic<int> worked_last_ = 0;
  lab::uv::Async end_{loop_, [this] { loop_.stop(); }};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace lab12
