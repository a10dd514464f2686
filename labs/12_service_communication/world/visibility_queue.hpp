// visibility_queue.hpp: a model of an SQS queue, on Redis. SQS itself runs at AWS only.
//
//   sent, visible --receive()--> hidden until the timeout --remove(its receipt)--> gone
//                 <--the timeout passes------'
//
// Like SQS it counts the receives, and gives each a receipt of its own. Redis' clock decides.
//
// Left out  Bodies, FIFO, delays, long polling, redrive. SQS may also deliver twice before
//           the timeout, because it keeps copies on several hosts.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lab/db/redis.hpp"
#include "service_communication.hpp"

namespace lab12 {

class VisibilityQueue {
 public:
  VisibilityQueue(lab::Redis& redis, const std::string& name)
      : redis_(redis), due_(name + ":due"), receives_(name + ":receives") {}

  void send(const std::string& id) { redis_.command({"ZADD", due_, "0", id}); }

  // The attempt is how often it was received so far, and the receipt of this time.
  std::optional<Message> receive(std::chrono::milliseconds hidden_for) {
    const std::string got = run(R"(
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local id = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, 1)[1]
        if not id then return '' end
        redis.call('ZADD', KEYS[1], now + ARGV[1], id)
        return redis.call('HINCRBY', KEYS[2], id, 1) .. ' ' .. id)",
                                std::to_string(hidden_for.count()));
    if (got.empty()) return std::nullopt;
    return Message{.id = got.substr(got.find(' ') + 1), .attempt = std::stoi(got)};
  }

  // False: somebody else has received it since, so this receipt is worth nothing.
  bool remove(const Message& received) {
    return run(R"(
        if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
        redis.call('HDEL', KEYS[2], ARGV[1])
        return redis.call('ZREM', KEYS[1], ARGV[1]))",
               received.id, std::to_string(received.attempt)) == "1";
  }

 private:
  // One transaction.
  std::string run(const char* script, const std::string& one,
                  const std::string& two = "") {
    return redis_.command({"EVAL", script, "2", due_, receives_, one, two});
  }

  lab::Redis& redis_;
  const std::string due_, receives_;
};

}  // namespace lab12
