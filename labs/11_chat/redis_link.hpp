// redis_link.hpp: one connection to Redis on libuv's loop.
//
// Lifetime  hiredis frees its context when the connection ends, after every command that
//           waits was answered with nullptr. Destroying the link does the same.
// Errors    on_down says why, once; also when the connection never came.
// Surprise  hiredis 0.14's own libuv adapter ignores an error on the socket, and then a
//           refused connection is never told: so this has its own.
#pragma once

#include <hiredis/async.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/uv.hpp"

namespace lab11 {

class RedisLink {
 public:
  using Answer = std::function<void(const redisReply*)>;

  // unix:///path or redis://host:port
  RedisLink(lab::uv::Loop& loop, const std::string& url, std::function<void()> on_up,
            std::function<void(std::string why)> on_down);
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink();

  // nullptr: no answer will come. A subscription answers many times.
  void command(const std::vector<std::string>& words, Answer answer);

 private:
  void want(int events);
  void ready();
  void down(const std::string& why);

  redisAsyncContext* context_ = nullptr;
  std::optional<lab::uv::Poll> poll_;
  std::optional<lab::uv::Timer> later_;
  int wanted_ = 0;
  bool going_ = false;
  std::function<void()> on_up_;
  std::function<void(std::string)> on_down_;
};

}  // namespace lab11
