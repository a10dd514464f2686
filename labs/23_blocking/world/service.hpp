// service.hpp: another process that computes sums for whoever asks over a socket.
//
// Threads   The loop's. Lifetime: goes before its loop; the process ends with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"
#include "lab/uv/uv.hpp"

namespace lab23 {

class Service {
 public:
  Service();
  pid_t pid() const { return child_.pid(); }

  // Sends the question, and calls on_result from `loop` when the answer has come.
  void sum(lab::uv::Loop& loop, std::uint64_t steps,
           std::function<void(std::uint64_t)> on_result);

 private:
  int ends_[2];
  lab::Child child_;
  lab::Descriptor socket_;
  std::optional<lab::uv::Poll> answer_;
};

int service_main(std::span<const std::string> args);  // the role "service"

}  // namespace lab23
