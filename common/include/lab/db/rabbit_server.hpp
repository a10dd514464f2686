// rabbit_server.hpp: a RabbitMQ for this run.
//
// The one that $LAB_AMQP_URL names; else one of this run's own, on a free port of loopback,
// with its files in the run's folder. It takes 5 to 15 seconds to start.
//
// Lifetime  Our own goes with this object, or with the thread that made it, however either
//           ends. Ready once the constructor returns.
// Errors    No RabbitMQ to start: lab::Absent. A $LAB_AMQP_URL that is wrong or that nobody
//           answers at, or a server that does not get ready: lab::Error.
// Surprise  Erlang starts a daemon, epmd, that outlives all of its servers. So ours is
//           started first, as a child on a port of its own: no other Erlang here sees it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lab/os/process.hpp"

namespace lab {

class RabbitServer {
 public:
  RabbitServer();

  const std::string& url() const { return url_; }
  bool ours() const { return child_.has_value(); }
  pid_t pid() const { return child_ ? child_->pid() : 0; }

 private:
  void start();

  std::string url_;
  std::optional<Child> names_;  // epmd
  std::optional<Child> child_;
};

}  // namespace lab
