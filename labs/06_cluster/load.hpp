// load.hpp: clients that ask again and again, and count what they get.
//
// Threads   None: on the loop that it is given.
// Errors    A request without a whole answer is failed, and is never sent again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "lab/histogram.hpp"
#include "lab/uv.hpp"

namespace lab06 {

struct LoadConfig {
  std::string target = "/";
  int clients = 4;
  int requests = 40;  // of all clients together
  bool keep_alive = true;
  std::function<bool()> enough{};   // goes on past `requests` until this is true
  lab::Latency* latency = nullptr;  // of each request that is answered, if wanted
};

struct Seen {  // of one worker
  int answers = 0;
  int counter = 0;                  // its own, at its last answer
  int most_at_once = 0;             // requests that it had under way
  std::chrono::microseconds cpu{};  // since it was ready
};

struct LoadResult {
  int answered = 0;
  int failed = 0;
  int connections = 0;
  std::map<pid_t, Seen> workers{};
};

// Runs the loop until all requests have had their answer or failed. `on_answer` is called
// with the result so far.
LoadResult load(lab::uv::Loop& loop, std::uint16_t port, const LoadConfig& config,
                const std::function<void(const LoadResult&)>& on_answer = {});

}  // namespace lab06
