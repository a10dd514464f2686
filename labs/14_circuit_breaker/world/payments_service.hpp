// payments_service.hpp: a payment provider that can fall ill. A real HTTP server.
//
// Threads   All calls are safe from any thread; a PaymentsClient belongs to one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "lab/core/time_span.hpp"
#include "lab/net/http.hpp"

namespace lab14 {

enum class Health {
  healthy,
  failing,  // responds with 503
  slow,     // succeeds, but takes kSlow
  hanging,  // takes the request and does not respond until its health changes
};

constexpr std::chrono::milliseconds kSlow{30};

class PaymentsService {
 public:
  explicit PaymentsService(std::string name = "payments");
  ~PaymentsService();

  // From now on. Requests that hang get the response of what it becomes.
  void become(Health health);

  std::uint16_t port() const { return server_.port(); }

  // Requests that arrived, whatever became of them.
  int received() const { return received_; }

  // Waits until so many have arrived; false if they did not in time.
  bool wait_received(int count, lab::TimeSpan timeout = std::chrono::seconds(10));

 private:
  void change(Health health);
  void take(const lab::http::Request& request, lab::http::Server::Reply reply);

  const std::string name_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::atomic<int> received_ = 0;
  Health health_ = Health::healthy;
  std::vector<lab::http::Server::Reply> hanging_;
  lab::http::Server server_;  // last: its thread uses all of the above
};

class PaymentsClient {
 public:
  explicit PaymentsClient(const PaymentsService& service, std::string name = "app",
                          lab::TimeSpan timeout = std::chrono::seconds(10))
      : name_(std::move(name)),
        http_("127.0.0.1", service.port()),
        timeout_(std::chrono::ceil<std::chrono::milliseconds>(timeout)) {}

  // False: an error, no connection, or no response in time.
  bool charge();

 private:
  const std::string name_;
  lab::http::Client http_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace lab14
