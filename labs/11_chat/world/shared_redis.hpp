// shared_redis.hpp: the Redis of a scene: ours, or one that somebody else uses too.
//
// So all keys and channels have a prefix of their own, and only the connections and the
// data of this scene are ever touched.
//
// Errors    A Redis that has gone throws lab::Error.
#pragma once

#include <string>
#include <vector>

#include "lab/db/redis.hpp"
#include "lab/db/redis_server.hpp"

namespace lab11 {

class SharedRedis {
 public:
  SharedRedis();
  SharedRedis(const SharedRedis&) = delete;
  SharedRedis& operator=(const SharedRedis&) = delete;
  ~SharedRedis();

  const std::string& url() const { return server_.url(); }
  const std::string& prefix() const { return prefix_; }
  pid_t pid() const { return server_.pid(); }

  void check() { ask({"PING"}); }             // throws if it has gone
  long subscribers(const std::string& room);  // servers that hear of it
  long publish(const std::string& room, const std::string& text);  // how many heard it
  int cut(const std::string& name);  // ends our servers' connections of this name
  void lose_data();

 private:
  std::string ask(const std::vector<std::string>& words);

  lab::RedisServer server_;
  lab::Redis connection_{server_.url()};
  std::string prefix_;
};

}  // namespace lab11
