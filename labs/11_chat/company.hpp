// company.hpp: what the servers of one chat share, in Redis: a store of messages, a relay.
//
//   append() -- one step in the store: number it, keep it, tell the relay
//   relay ----> on_message on every server that listens, at most once
//   history() - what the store has after an offset: how a server closes a gap
//
//   room:R:log    the messages, one entry each, its id is the offset   (XADD, XRANGE)
//   room:R:offset the last offset                                      (INCR)
//   room:R:epoch  drawn when the room is first written: gone with the data
//   room:R:said   author and sender -> number of the last message      (HGET, HSET)
//   room:R        the channel of its messages; present:R that of who is there
//
// Lifetime  Answers come later, on the server's own loop; none comes once it is destroyed.
// Threads   None: libuv's loop, which the server's loop turns.
// Errors    nullopt: the store is away, or went before it answered. Then nobody knows
//           whether a message was kept, so an author says it again, and the store knows
//           it by its number. A connection that ended is made again, for ever.
// Limits    A stream keeps `backlog` messages. Redis keeps them as safely as it is told to
//           (appendfsync); the private one of this lab keeps them in memory.
// Left out  EVALSHA instead of sending the script; Redis Cluster (its keys would need one
//           hash tag for each room); a growing wait between tries to connect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/redis_link.hpp"
#include "lab/uv.hpp"
#include "room.hpp"

namespace lab11 {

struct Said {
  std::string author;
  std::string sender;        // which of his windows: each counts for itself
  std::uint64_t number = 0;  // of this sender in this room, from 1: known again by it
  std::string body;          // JSON: what he said, and when
};

struct Stored {
  Position position{};                                          // of the last one
  std::vector<std::pair<std::uint64_t, std::string>> bodies{};  // offset and body
};

class Company {
 public:
  Company(lab::uv::Loop& loop, std::string url, std::string prefix, std::string server,
          std::size_t backlog);
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;
  ~Company();

  void append(const std::string& room, Said said,
              std::function<void(std::optional<Position>)> done);
  void history(const std::string& room, const Position& after,
               std::function<void(std::optional<Stored>)> done);
  void announce(const std::string& room, const std::set<std::string>& users);

  // Hears of a room from now on; `on_listening` comes now and after every break.
  void listen(const std::string& room);

  // By hand, to show a break: no relay until it is switched on again.
  void switch_relay(bool on);

  std::function<void(const std::string& room)> on_listening{};
  std::function<void(const std::string& room, const Position& at,
                     const std::string& body)>
      on_message{};
  std::function<void(const std::string& room, const std::string& server,
                     std::set<std::string> users)>
      on_present{};

 private:
  void connect_work();
  void connect_relay();
  void subscribe(const std::string& room);
  void heard_of(const std::string& room, const std::string& payload);
  void published(std::string channel, const std::string& payload);
  std::string key(const std::string& room, const char* part) const;
  std::string channel(const char* kind, const std::string& room) const;

  lab::uv::Loop& loop_;
  std::string url_;
  std::string prefix_;  // of every key and channel
  std::string server_;
  std::string backlog_;
  std::set<std::string> rooms_;      // that somebody here wants to hear
  std::set<std::string> listening_;  // and that are heard
  bool relay_wanted_ = true;
  lab::uv::Timer work_again_;
  lab::uv::Timer relay_again_;
  std::unique_ptr<lab::RedisLink> work_;
  std::unique_ptr<lab::RedisLink> relay_;
};

}  // namespace lab11
