// service.hpp: an HTTP server that fails when it is told to, and what it does then.
//
//   /count   "pid n": who counted, and how far
//   /upload  "done", once all of its body has arrived
//   /crash   throws where nobody catches
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "lab/os/descriptor.hpp"
#include "lab/uv/supervisor.hpp"

namespace lab08 {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using lab::uv::Supervised;

enum class OnError {
  exit,   // a line in the log, and the end with 1: what was under way is lost
  drain,  // the same, but what was under way is finished first, or cut at the deadline
  go_on,  // the exception is swallowed: the state is whatever the exception left
};

struct ServiceOptions {
  std::string name{};  // on the stage
  OnError on_error = OnError::exit;
  std::string log = "/dev/null";
  milliseconds deadline{60'000};  // of a drain
};

// The role "service", on a socket that its supervisor holds as well.
Supervised service(const lab::Descriptor& listener, const ServiceOptions& options);
int service_main(std::span<const std::string> args);

}  // namespace lab08
