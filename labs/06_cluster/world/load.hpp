// load.hpp: clients that send one request after another, and count what they get.
//
// Threads   None: on the loop that it is given.
// Errors    A request without a whole reply has failed, and is never sent again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "lab/core/histogram.hpp"
#include "lab/uv/uv.hpp"

namespace lab06 {

struct LoadConfig {
  std::string target = "/";
  int clients = 4;
  int requests = 40;  // of all clients together
  bool keep_alive = true;
  std::function<bool()> enough{};   // goes on past `requests` until this is true
  lab::Latency* latency = nullptr;  // of each request that is answered, if wanted
};

struct WorkerReport {
  int answers = 0;
  int counter = 0;                  // its own, at its last answer
  int most_at_once = 0;             // requests that it had under way
  std::chrono::microseconds cpu{};  // since it was ready
};

struct LoadResult {
  int answered = 0;
  int failed = 0;
  std::map<pid_t, WorkerReport> workers{};
};

// Runs the loop until every request has been answered or has failed. `on_result` is called
// after each, with the result so far.
LoadResult load(lab::uv::Loop& loop, std::uint16_t port, const LoadConfig& config,
                const std::function<void(const LoadResult&)>& on_result = {});

}  // namespace lab06
