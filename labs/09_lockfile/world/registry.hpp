// registry.hpp: a package registry on loopback. It speaks as much of npm's protocol as npm
// needs to install from it.
//
// Threads   Its HTTP server has one of its own. Only one other publishes and tampers.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "lab/net/http.hpp"
#include "lockfile.hpp"

namespace lab09 {

struct Published {
  Dependencies dependencies{};
  Dependencies optional{};
  std::vector<std::string> os{};
  bool tag_latest = true;
};

class LocalRegistry {
 public:
  LocalRegistry();

  std::string address() const;  // "127.0.0.1:4711"

  void publish(const std::string& name, const std::string& version,
               Published published = {});

  // From now on the release's tarball has other contents, and what the registry says of it
  // stays the same: what an attacker in between, or a broken mirror, does.
  void tamper(const std::string& name, const std::string& version);

  int downloads() const;

 private:
  struct Known {
    std::string latest;
    std::map<std::string, Release> releases;
    std::map<std::string, std::string> tarballs;  // by version
  };
  lab::http::Response answer(const lab::http::Request& request);
  static std::string description_of(const std::string& name, const Known& known);

  mutable std::mutex mutex_;
  std::map<std::string, Known> packages_;
  int downloads_ = 0;
  lab::http::Server server_;  // last: its thread uses all of the above
};

}  // namespace lab09
