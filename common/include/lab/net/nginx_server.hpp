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
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/os/process.hpp"

namespace lab {

struct NginxOptions {
  // More lines of the blocks `upstream`, `server` and `location /`, as in nginx.conf; and of
  // its `listen`: "ssl".
  std::string upstream{};
  std::string server{};
  std::string location{};
  std::string listen{};
  // Files in its folder, where relative names of nginx.conf begin: their names and contents.
  std::vector<std::pair<std::string, std::string>> files{};
};

class NginxServer {
 public:
  // Deals requests out to these ports of this machine, round robin, and to what `upstream`
  // names.
  explicit NginxServer(std::span<const std::uint16_t> backends,
                       NginxOptions options = {});

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_->pid(); }
  // Its own, and where it looks for "unix:NAME". Nobody else but root may enter it.
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::optional<Child> child_;
};

}  // namespace lab
