// places.hpp: the Redis of a scene, and what this process does to it.
#pragma once

#include <string>
#include <vector>

#include "lab/redis.hpp"
#include "lab/redis_server.hpp"

namespace lab11 {

// Ours, or one that somebody else uses too: so all keys and channels have a prefix of
// their own, and only our own connections are cut and only our own rooms forgotten.
class RedisPlace {
 public:
  RedisPlace();
  RedisPlace(const RedisPlace&) = delete;
  RedisPlace& operator=(const RedisPlace&) = delete;
  ~RedisPlace();

  const std::string& url() const { return server_.url(); }
  const std::string& prefix() const { return prefix_; }

  long listeners(const std::string& room);  // servers that hear of it
  long publish(const std::string& room, const std::string& text);
  int cut(const std::string& part);  // our servers' connections of this name
  void forget();                     // as if the store had lost its memory

 private:
  lab::RedisServer server_;
  lab::Redis connection_;
  std::string prefix_;
};

}  // namespace lab11
