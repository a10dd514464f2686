// payments_service.hpp: a payment provider that can be made ill. A real HTTP server.
//
// Threads   All calls are safe from any thread; a PaymentsClient belongs to one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "lab/http.hpp"

namespace lab14 {

enum class Health {
  healthy,
  failing,   // answers 503
  hanging,   // takes the request and does not answer
  refusing,  // does not even take the connection
};

class PaymentsService {
 public:
  explicit PaymentsService(std::function<void(std::size_t)> on_received = {});
  ~PaymentsService();

  // From now on. Requests that hang are answered by what it becomes.
  void become(Health health);
  void answer_after(std::chrono::milliseconds latency);
  void fail_share(double share);  // of its answers while healthy, spread evenly

  std::uint16_t port() const { return server_.port(); }

  // Requests that got here, whatever became of them.
  std::size_t received() const { return received_; }

  // Waits until so many got here; false if they did not in time.
  bool wait_received(std::size_t count,
                     std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  void take(lab::http::Server::Reply reply);
  void answer(const lab::http::Server::Reply& reply);
  bool next_fails();

  const std::function<void(std::size_t)> on_received_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::atomic<std::size_t> received_ = 0;
  Health health_ = Health::healthy;
  std::chrono::milliseconds latency_{0};
  double fail_share_ = 0;
  double failures_due_ = 0;
  std::vector<lab::http::Server::Reply> hanging_;
  lab::http::Server server_;  // last: its thread uses all of the above
};

class PaymentsClient {
 public:
  explicit PaymentsClient(const PaymentsService& service,
                          std::chrono::milliseconds timeout = std::chrono::seconds(10))
      : http_("127.0.0.1", service.port()), timeout_(timeout) {}

  // False: an error, no connection, or no answer in time.
  bool charge();

 private:
  lab::http::Client http_;
  std::chrono::milliseconds timeout_;
};

}  // namespace lab14
