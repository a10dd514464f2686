// nginx_server.hpp: an nginx for this run, in front of servers of the lab.
//
// Lifetime  Goes with this object, or with the thread that made it, however either ends.
//           Ready once the constructor returns.
// Errors    No nginx to start: lab::Absent. One that does not get ready: lab::Error.
// Threads   One process, without a master: nobody is left when it is killed.
// Surprise  Run by root, nginx is the user `nobody`, and is handed its folder as an open
//           descriptor: so the folders above stay private.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lab/os/process.hpp"

namespace lab {

struct NginxOptions {
  // More lines of the block `upstream`, and of `location /`, as in nginx.conf.
  std::string upstream{};
  std::string location{};
};

class NginxServer {
 public:
  // Deals requests out to these ports of this machine, round robin.
  explicit NginxServer(std::span<const std::uint16_t> backends,
                       NginxOptions options = {});

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_->pid(); }

 private:
  std::uint16_t port_ = 0;
  std::optional<Child> child_;
};

}  // namespace lab
