// callers.hpp: clients that place an order over HTTP, all at once, from one event loop.
#pragma once

#include <list>
#include <optional>

#include "lab/net/uv_http_client.hpp"
#include "service_communication.hpp"

namespace lab12 {

inline constexpr const char* kOrder =
    R"({"id":"order-17","item":"book","count":2,"cents":1999})";

class Callers {
 public:
  Callers(std::uint16_t port, int count);

  struct Outcome {
    int accepted = 0;
    int timer_ticks = 0;  // of a timer on the same loop, due every 5 ms, while it waited
    std::chrono::duration<double, std::milli> time{};
  };
  // Each sends one order and waits for its reply, or until the deadline has passed.
  Outcome order(std::optional<Deadline> deadline = {});

 private:
  lab::uv::Loop loop_;
  std::list<lab::uv::HttpClient> clients_;
};

}  // namespace lab12
