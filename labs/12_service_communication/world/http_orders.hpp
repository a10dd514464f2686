// http_orders.hpp: the order over HTTP: a chain of services, and callers of it.
#pragma once

#include <array>
#include <atomic>
#include <list>
#include <random>
#include <thread>

#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/timeouts.hpp"
#include "service_communication.hpp"

namespace lab12 {

inline constexpr std::array kServices{"orders", "payments", "stock", "shipping"};
inline constexpr const char* kOrder =
    R"({"id":"order-17","item":"book","count":2,"cents":1999})";

// A message in the picture, at the moment when it is sent.
void arrow(std::string_view from, std::string_view to,
           lab::Where where = lab::Where::here());

struct ChainOptions {
  std::size_t hops = kServices.size();
  std::chrono::milliseconds work{25};  // what each service takes before it calls the next
  double success = 1;                  // how often that succeeds
  bool heeds_deadline = true;          // else it neither reads nor passes it on
};

// Services on one event loop, which has a thread of its own.
class ServiceChain {
 public:
  explicit ServiceChain(ChainOptions options);
  ~ServiceChain();

  std::uint16_t port() const { return ports_[0]; }
  int worked_last() const { return worked_last_; }  // how often the last one worked

 private:
  using Reply = lab::http::Server::Reply;
  void take(std::size_t hop, const lab::http::Request& request, Reply reply);
  void call(std::size_t hop, std::optional<Deadline> deadline, Reply reply);

  const ChainOptions options_;
  std::mt19937 chance_{12};  // the same share of failures in each run
  lab::uv::Loop loop_;
  lab::uv::Timeouts timeouts_{loop_};
  std::list<lab::uv::HttpServer> servers_;
  std::array<std::uint16_t, kServices.size()> ports_{};
  std::array<std::list<lab::uv::HttpClient>, kServices.size()> clients_;  // of a service
  std::atomic<int> worked_last_ = 0;
  lab::uv::Async end_{loop_, [this] { loop_.stop(); }};
  std::jthread thread_;  // last: it uses all of the above
};

struct Calls {
  int accepted = 0;
  int timer_ticks = 0;  // of a timer on the callers' loop, due every 5 ms while they wait
  std::chrono::duration<double, std::milli> time{};
};

class Callers {
 public:
  Callers(std::uint16_t port, int count);

  // Each sends one order, all at once, and waits for its reply or until the deadline.
  Calls order(Deadline deadline = Deadline(std::chrono::seconds(20)));

 private:
  lab::uv::Loop loop_;
  std::list<lab::uv::HttpClient> clients_;
};

}  // namespace lab12
