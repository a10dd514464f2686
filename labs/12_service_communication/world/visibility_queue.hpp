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

  void send(const std::string& id);
  // The attempt is how often it was received so far, and the receipt of this time.
  std::optional<Message> receive(std::chrono::milliseconds hidden_for);
  // False: somebody else has received it since, so this receipt is worth nothing.
  bool remove(const Message& received);
  std::string size() { return redis_.command({"ZCARD", due_}); }

 private:
  lab::Redis& redis_;
  const std::string due_, receives_;
};

}  // namespace lab12
