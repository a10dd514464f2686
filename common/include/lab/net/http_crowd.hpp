// http_crowd.hpp: many HTTP clients of one service on one event loop, all at once.
//
// Threads   Blocks its caller, which runs the loop meanwhile.
// Errors    As HttpClient: what is no reply in time is a reply less.
#pragma once

#include <list>

#include "lab/net/uv_http_client.hpp"

namespace lab::http {

class Crowd {
 public:
  struct Outcome {
    int succeeded = 0;    // replies with status 200
    int timer_ticks = 0;  // of a timer on the same loop, due every 5 ms
    std::chrono::duration<double, std::nano> time{};  // until the last reply
  };

  Crowd(std::uint16_t port, int clients);

  // Each client sends this request, on a connection that it keeps.
  Outcome send(const Request& request,
               std::chrono::milliseconds patience = std::chrono::seconds(20));

 private:
  uv::Loop loop_;
  std::list<uv::HttpClient> clients_;
};

}  // namespace lab::http
