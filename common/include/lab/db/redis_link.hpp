// redis_link.hpp: one connection to Redis on libuv's loop: hiredis, without waiting.
//
//   connecting -- it answers, and lets us in --> up --> on_up
//   connecting, up -- it ends, it refuses, it talks nonsense --> down --> on_down
//
// Lifetime  Down is for good: who wants another connection makes another link. Destroying
//           the link answers what waits with nullptr, and does not call on_down.
//           Commands leave for Redis once it has let us in, so that a refused database or
//           password cannot make them act on another one.
//           REQUIRES: not destroyed from a callback of its own; a timer may do that.
// Threads   None: it belongs to its loop.
// Errors    on_down says why, once, from the loop; also when the connection never came. An
//           address that cannot be one throws lab::Error.
// Surprise  hiredis 0.14's own adapter for libuv ignores an error on the socket, and then
//           nobody is told of a refused connection: so this has its own.
//           It writes to a socket whose other end may be gone: SIGPIPE must be ignored.
// Left out  TLS, a deadline for a server that accepts and says nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/db/redis.hpp"
#include "lab/uv/uv.hpp"

struct redisAsyncContext;
struct redisReply;

namespace lab {

class RedisLink {
 public:
  // The reply is valid during the call; nullptr: none will come.
  using Answer = std::function<void(const redisReply*)>;

  // `name`: what CLIENT LIST calls it.
  RedisLink(uv::Loop& loop, const std::string& url, std::function<void()> on_up,
            std::function<void(std::string why)> on_down, std::string name = {});
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink();

  // Answers come in the order of the commands, also of those given before it was up. Once
  // it is down: nullptr, at once. A SUBSCRIBE answers when it is heard, and then again for
  // each message. REQUIRES: one channel for each SUBSCRIBE, once; and after it no other
  // command, to which hiredis would hand the next message.
  void command(const std::vector<std::string>& words, Answer answer = {});

  bool up() const { return up_; }

 private:
  void hand_to_loop();
  void let_in();
  void check_entry(const redisReply* reply);
  void send(const std::vector<std::string>& words, Answer answer);
  void want(int events) noexcept;
  void ready();
  void ended(std::string why);
  void answer_early();

  struct Early {
    std::vector<std::string> words;
    Answer answer;
  };

  RedisAddress address_;
  std::string name_;
  std::function<void()> on_up_;
  std::function<void(std::string)> on_down_;
  redisAsyncContext* context_ = nullptr;  // hiredis frees it when the connection ends
  std::unique_ptr<uv::Poll> poll_;
  uv::Timer later_;
  std::vector<Early> early_;  // given before it was up
  int wanted_ = 0;
  std::string refused_{};
  bool up_ = false;
  bool going_ = false;
};

}  // namespace lab
