// visibility_queue.hpp: a queue that hides what it has delivered, as SQS does.
//
//   sent, visible --receive()--> hidden until the timeout --remove(its receipt)--> gone
//                 <--the timeout passes------'
//
// Each receive is counted and has a receipt of its own. SQS itself runs only at AWS, so the
// queue is a model on Redis, with Redis' clock, or the one that $LAB_SQS_URL names.
//
// Errors    A $LAB_SQS_URL that is none: std::invalid_argument. Nobody answers, or answers
//           with an error: lab::Error.
// Source    SQS's API reference, AWS JSON 1.0.
// Left out  FIFO, delays, long polling, redrive. SQS may also deliver twice before the
//           timeout, because it keeps copies on several hosts.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lab/db/redis.hpp"
#include "lab/net/s3.hpp"
#include "service_communication.hpp"

namespace lab12 {

class VisibilityQueue {
 public:
  virtual ~VisibilityQueue() = default;
  virtual void send(const std::string& id) = 0;
  // The attempt is how often it was received so far.
  virtual std::optional<Message> receive(std::chrono::milliseconds hidden_for) = 0;
  // With the receipt of that receive. SQS takes an old receipt without a word, and may keep
  // the message; the model says false: somebody else has received it since.
  virtual bool remove(const Message& received) = 0;
};

class ModelQueue : public VisibilityQueue {
 public:
  ModelQueue(lab::Redis& redis, const std::string& name)
      : redis_(redis), due_(name + ":due"), receives_(name + ":receives") {}

  void send(const std::string& id) override;
  std::optional<Message> receive(std::chrono::milliseconds hidden_for) override;
  bool remove(const Message& received) override;

 private:
  std::string run(const char* script, const std::string& one,
                  const std::string& two = "");

  lab::Redis& redis_;
  const std::string due_, receives_;
};

// It counts in whole seconds, so receive() rounds up.
class SqsQueue : public VisibilityQueue {
 public:
  explicit SqsQueue(const std::string& url);

  void send(const std::string& id) override;
  std::optional<Message> receive(std::chrono::milliseconds hidden_for) override;
  bool remove(const Message& received) override;

 private:
  nlohmann::json of_queue(const std::string& action, nlohmann::json arguments);
  nlohmann::json call(const std::string& action, const nlohmann::json& arguments);

  lab::s3::Endpoint at_;
  lab::http::Client client_;
  std::string queue_url_{};  // as the service itself names the queue
  std::map<std::string, std::string> receipts_{};  // by id and attempt
};

// The one that $LAB_SQS_URL names, or the model under that name.
std::unique_ptr<VisibilityQueue> visibility_queue(lab::Redis& redis,
                                                  const std::string& name);
inline const char* sqs_url() {
  const char* const url = std::getenv("LAB_SQS_URL");
  return url && *url ? url : nullptr;
}

}  // namespace lab12
