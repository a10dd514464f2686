// presence.hpp: who is in a room, without asking whether a connection is open.
//
//   every server repeats its list --> present until `lasts` has passed
//   a server dies ------------------> it repeats nothing, and its list runs out
//
// Units     Time is the injected clock's; only differences are looked at, so servers'
//           clocks need not agree.
// Source    Phoenix's Presence: no central record, and it heals by itself.
// Left out  Names once for each server: a person with two windows is there twice.
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

  explicit Presence(std::chrono::milliseconds lasts) : lasts_(lasts) {}

  // A server said who is in the room there. The last word counts; losing one is harmless.
  void beat(const std::string& server, std::set<std::string> users, Time now) {
    servers_[server] = {std::move(users), now};
  }

  // Step 9: silence is the only sign that a crashed server gives.
  std::set<std::string> present(Time now) {
    std::erase_if(servers_,
                  [&](const auto& entry) { return now - entry.second.second >= lasts_; });
    std::set<std::string> all;
    for (const auto& [name, list] : servers_) {
      all.insert(list.first.begin(), list.first.end());
    }
    return all;
  }

 private:
  std::chrono::milliseconds lasts_;
  std::map<std::string, std::pair<std::set<std::string>, Time>> servers_;
};

}  // namespace lab11
