// service_chain.hpp: services that call one another over HTTP, on one event loop.
//
// Threads   The services have a thread of their own. All calls are safe from any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/timeouts.hpp"
#include "service_communication.hpp"

namespace lab12 {

inline constexpr std::array kServices{"orders", "payments", "stock", "shipping"};

struct ChainOptions {
  std::size_t hops = kServices.size();
  std::chrono::milliseconds work{25};  // what each service takes before it calls the next
  double success = 1;                  // how often that succeeds
  bool heeds_deadline = true;          // else it neither reads nor passes it on
};

class ServiceChain {
 public:
  explicit ServiceChain(ChainOptions options);
  ServiceChain(const ServiceChain&) = delete;
  ServiceChain& operator=(const ServiceChain&) = delete;
  ~ServiceChain();

  std::uint16_t port() const { return hops_.front().port; }
  int worked(std::size_t hop) const;  // how often that service did its work

 private:
  struct Hop {
    const char* name;
    std::optional<lab::uv::HttpServer> server{};
    std::uint16_t port = 0;
    std::list<lab::uv::HttpClient> clients{};  // of the next service
    std::atomic<int> worked = 0;
  };
  void take(std::size_t hop, const lab::http::Request& request,
            lab::http::Server::Reply reply);
  void call_next(std::size_t hop, const std::string& order,
                 std::optional<Deadline> deadline, const lab::http::Server::Reply& reply);

  const ChainOptions options_;
  std::mt19937 chance_{12};  // the same share of failures in each run
  lab::uv::Loop loop_;
  lab::uv::Timeouts timeouts_{loop_};
  std::list<Hop> hops_;
  lab::uv::Async end_{loop_, [this] { loop_.stop(); }};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace lab12
