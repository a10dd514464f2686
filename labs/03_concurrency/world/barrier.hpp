// barrier.hpp: a server that answers nobody until everybody has asked.
//
// A client that waits for its answer before it asks the next question never gets any. Only
// a client with all its questions under way at once does. That shows concurrency without a
// clock.
//
// Threads   The server is a process; each client uses its caller's thread alone.
// Errors    A missing answer is a result. What cannot be opened throws lab::Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "concurrency.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/process.hpp"

namespace lab03 {

class BarrierServer {
 public:
  explicit BarrierServer(int clients);
  std::uint16_t port() const { return lab::loopback::port_of(listener_); }

 private:
  lab::Descriptor listener_ = lab::loopback::listen(0, 4096);
  std::optional<lab::Child> process_;
};

// The control: asks with calls that wait for their answer, and gives up at the first that
// gets none.
Attendance ask_in_turn(std::uint16_t port, int questions,
                       std::chrono::milliseconds patience);

// The role "barrier": args are its listening socket and how many clients it waits for.
int barrier_main(std::span<const std::string> args);

}  // namespace lab03
