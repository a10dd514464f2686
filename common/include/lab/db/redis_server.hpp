// redis_server.hpp: a Redis for this run.
//
// The one that $LAB_REDIS_URL names; else one of this run's own, in memory only, on a unix
// socket in the run's folder.
//
// Lifetime  Our own goes with this object, or with the thread that made it, however either
//           ends. Ready once the constructor returns.
// Errors    No redis-server to start: lab::Absent. A $LAB_REDIS_URL that is wrong or that
//           nobody answers at, or a server that does not get ready: lab::Error.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lab/os/process.hpp"

namespace lab {

class RedisServer {
 public:
  RedisServer();

  const std::string& url() const { return url_; }
  bool ours() const { return child_.has_value(); }
  pid_t pid() const { return child_ ? child_->pid() : 0; }

 private:
  std::string url_;
  std::optional<Child> child_;
};

}  // namespace lab
