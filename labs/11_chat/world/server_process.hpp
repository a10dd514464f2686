// server_process.hpp: a server of the chat in a process of its own, so that it can be
// killed.
//
// Lifetime  The process is killed when its ServerProcess goes.
// Errors    A server that does not get ready throws lab::Error.
#pragma once

#include <signal.h>

#include <span>
#include <string>

#include "chat.hpp"
#include "lab/os/process.hpp"
#include "world/shared_redis.hpp"

namespace lab11 {

// How a server is started.
struct ServerPlan {
  std::string name = "A";
  std::string redis{};
  std::string prefix{};  // of all that it keeps there
  bool closes_gaps = true;
  std::size_t history = 1000;  // messages kept of a room, to resume from
  std::size_t queue_limit = 256 << 10;
  int send_buffer = 0;       // bytes in the kernel; 0: its default
  int reconnect_after = 20;  // ms; when the connection to Redis has ended
  bool draws_queues = false, draws_presence = false, draws_relay = true;
  bool page = false;  // serves the page on which people chat
};

class ServerProcess {
 public:
  ServerProcess(const SharedRedis& redis, ServerPlan plan = {});

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_.pid(); }
  void kill();
  int threads() const;

 private:
  std::string name_;
  std::uint16_t port_ = 0;
  lab::Child child_;
};

// What the role "server" plays.
int serve(std::span<const std::string> args);

void allow_many_descriptors();  // as many as the system lets us have

}  // namespace lab11
