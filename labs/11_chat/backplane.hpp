// backplane.hpp: what the servers of one chat share, in Redis: a store and a relay.
//
//   append() -- one script: number the message, store it, publish it
//   relay ----> on_message on every server that is subscribed, at most once
//   history() - the messages after an offset: how a server closes a gap
//
//   room:R:log    the messages, one entry each; its id is the offset   (XADD, XRANGE)
//   room:R:offset the last offset                                      (INCR)
//   room:R:epoch  drawn when the room is first written; gone with the data
//   room:R:said   [author, window] -> number of their last message     (HGET, HSET)
//   room:R        the channel of its messages; present:R that of who is there
//
// Lifetime  Answers come later, on the server's own loop; none after the destructor.
// Threads   None: libuv's loop, which the server's loop drives.
// Errors    nullopt: the store was away, or went before it answered. Then nobody knows
//           whether the message was stored, so the author sends it again, and the store
//           recognizes it by its number. A broken connection is made again, for ever.
//           What strangers publish on the channels and is no message is dropped.
// Left out  EVALSHA instead of sending the script; Redis Cluster (the keys of a room would
//           need one hash tag); a growing wait between attempts to connect.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/db/redis_link.hpp"
#include "lab/uv/uv.hpp"
#include "room_history.hpp"

namespace lab11 {

struct BackplaneConfig {
  std::string url{};
  std::string prefix{};        // of every key and channel
  std::string server = "A";    // whose presence we announce
  std::size_t history = 1000;  // messages that the store keeps of a room
  std::chrono::milliseconds reconnect_after{20};
};

struct NewMessage {
  std::string author;
  std::string window;        // of this author: each window counts its messages by itself
  std::uint64_t number = 0;  // of this window in this room, from 1
  std::string body;          // JSON
};

struct StoredBodies {
  Position position{};                                          // of the last one
  std::vector<std::pair<std::uint64_t, std::string>> bodies{};  // offset and body
};

class Backplane {
 public:
  Backplane(lab::uv::Loop& loop, BackplaneConfig config);
  Backplane(const Backplane&) = delete;
  Backplane& operator=(const Backplane&) = delete;
  ~Backplane();

  void append(const std::string& room, NewMessage message,
              std::function<void(std::optional<Position>)> done);
  void history(const std::string& room, const Position& after,
               std::function<void(std::optional<StoredBodies>)> done);
  void announce(const std::string& room, const std::set<std::string>& users);

  // Subscribes to a room. `on_subscribed` is called now and after every break.
  void subscribe(const std::string& room);

  std::function<void(const std::string& room)> on_subscribed{};
  std::function<void(const std::string& room, const Position& at,
                     const std::string& body)>
      on_message{};
  std::function<void(const std::string& room, const std::string& server,
                     std::set<std::string> users)>
      on_present{};

 private:
  void connect_store();
  void connect_relay();
  void send_subscribe(const std::string& room);
  void heard_message(const std::string& room, const std::string& payload);
  void heard_present(const std::string& room, const std::string& payload);
  std::string key(const std::string& room, const char* part) const;
  std::string channel(const char* kind, const std::string& room) const;

  lab::uv::Loop& loop_;
  BackplaneConfig config_;
  std::set<std::string> wanted_;  // rooms that somebody here is in
  lab::uv::Timer store_again_;
  lab::uv::Timer relay_again_;
  std::unique_ptr<lab::RedisLink> store_;
  std::unique_ptr<lab::RedisLink> relay_;
};

}  // namespace lab11
