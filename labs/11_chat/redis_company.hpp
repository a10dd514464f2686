// redis_company.hpp: a company whose store is a Redis Stream and whose relay is Pub/Sub.
//
//   room:R:log    the messages, one entry each, its id is the offset   (XADD, XRANGE)
//   room:R:offset the last offset                                      (INCR)
//   room:R:epoch  drawn when the room is first written: gone with the data
//   room:R:said   author -> number of his last message                 (HGET, HSET)
//   room:R        the channel of its messages; present:R that of who is there
//
// Append is one script, so numbering, keeping and publishing cannot come apart, and the
// order on the channel is the order of the offsets.
//
// Threads   None: libuv's loop, which the server's loop turns.
// Limits    A stream keeps `backlog` messages. Redis keeps them as safely as it is told
// to
//           (appendfsync); the private one of this lab keeps them in memory.
// Left out  EVALSHA instead of sending the script; Redis Cluster (its keys would need one
//           hash tag for each room).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "company.hpp"
#include "lab/uv.hpp"

namespace lab11 {

class RedisLink;

class RedisCompany final : public Company {
 public:
  RedisCompany(lab::uv::Loop& loop, std::string url, std::string prefix,
               std::string server, std::size_t backlog);
  ~RedisCompany() override;

  void append(const std::string& room, Said said,
              std::function<void(std::optional<Position>)> done) override;
  void history(const std::string& room, const Position& after,
               std::function<void(std::optional<Stored>)> done) override;
  void announce(const std::string& room, const std::set<std::string>& users) override;
  void listen(const std::string& room) override;
  void switch_relay(bool on) override;

 private:
  void connect_work();
  void connect_relay();
  void subscribe(const std::string& room);
  void published(std::string channel, const std::string& payload);
  std::string key(const std::string& room, const char* part) const;
  std::string channel(const char* kind, const std::string& room) const;

  lab::uv::Loop& loop_;
  std::string url_;
  std::string prefix_;  // of every key and channel
  std::string server_;
  std::string backlog_;
  std::set<std::string> rooms_;
  bool relay_wanted_ = true;
  lab::uv::Timer work_again_;
  lab::uv::Timer relay_again_;
  std::unique_ptr<RedisLink> work_;
  std::unique_ptr<RedisLink> relay_;
};

}  // namespace lab11
