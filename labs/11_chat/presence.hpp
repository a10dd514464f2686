// presence.hpp: who is in a room, over all servers.
//
//   every server repeats who is with it --> present until `lease` has passed
//   a server dies ------------------------> it repeats nothing, and its list expires
//
// Units     Time is the injected clock's. Only differences count, so the servers' clocks
//           need not agree.
// Threads   None: it belongs to its server's loop.
// Source    Phoenix Presence: no central record, and it heals by itself.
// Left out  A person with two windows is one name; a large room would show a count.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace lab11 {

class Presence {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Presence(std::chrono::milliseconds lease) : lease_(lease) {}

  // A server says who is in the room there. Its last word counts; losing one is harmless.
  void beat(const std::string& server, std::set<std::string> users, Time now) {
    servers_[server] = {std::move(users), now};
  }

  // Step 9: a crashed server cannot clear a flag. It stops repeating its list, and the
  // list expires.
  std::set<std::string> present(Time now) {
    std::erase_if(servers_,
                  [&](const auto& entry) { return now - entry.second.heard >= lease_; });
    std::set<std::string> all;
    for (const auto& [server, list] : servers_)
      all.insert(list.users.begin(), list.users.end());
    return all;
  }

 private:
  struct List {
    std::set<std::string> users;
    Time heard;
  };
  std::chrono::milliseconds lease_;
  std::map<std::string, List> servers_;
};

}  // namespace lab11
