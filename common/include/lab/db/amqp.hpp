// amqp.hpp: one connection to RabbitMQ, with one channel, that waits for each answer.
//
// Threads   None: one connection for each thread. A service that consumes and publishes
//           has a connection for each: what the broker confirms must not mix with what it
//           delivers.
// Errors    Every failure throws lab::Error, in one line, which does not repeat the
//           password. After an error the connection is of no more use.
// Limits    Messages are persistent and queues durable, unless they say otherwise.
// Source    AMQP 0-9-1, and RabbitMQ's extensions: confirms, quorum queues, dead letters.
// Left out  TLS, several channels, topic and header exchanges, transactions.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

struct amqp_connection_state_t_;

namespace lab {

struct AmqpMessage {
  std::string body;
  std::string id{};  // the property message-id
};

struct AmqpDelivery {
  AmqpMessage message;
  std::uint64_t tag = 0;     // for acknowledge() or reject(), on the same connection
  bool redelivered = false;  // somebody may have seen it before
  int earlier = 0;  // deliveries before this one; only a quorum queue counts them
};

struct AmqpQueue {
  bool counts_deliveries =
      false;                   // a quorum queue, which keeps the count through a crash
  std::string dead_letters{};  // the queue that takes what is rejected for good
  bool passing = false;        // not durable, and gone with this connection
  std::chrono::minutes expires{0};  // gone if nobody used it for so long; 0: never
};

class Amqp {
 public:
  // amqp://user:password@host:port/vhost
  explicit Amqp(const std::string& url,
                std::chrono::milliseconds patience = std::chrono::seconds(5));
  Amqp(Amqp&&) noexcept;
  ~Amqp();

  void declare(const std::string& queue, const AmqpQueue& kind = {});
  void remove(const std::string& queue);
  void declare_fanout(const std::string& exchange);  // gone with its last binding
  void bind(const std::string& queue, const std::string& exchange);

  // Messages that wait in the queue, without those that a consumer holds.
  int depth(const std::string& queue);

  // Into one queue, or to an exchange that knows who listens. A message is safe once
  // wait_confirmed() has returned; that throws if the queue does not exist.
  void publish(const std::string& queue, const AmqpMessage& message);
  void emit(const std::string& exchange, const AmqpMessage& message);
  void wait_confirmed();

  // Asks for messages; at most `prefetch` are with this consumer unacknowledged.
  void consume(const std::string& queue, int prefetch);
  std::optional<AmqpDelivery> next(std::chrono::milliseconds patience);
  void acknowledge(const AmqpDelivery& delivery);
  void reject(const AmqpDelivery& delivery, bool requeue);

 private:
  void send(const std::string& exchange, const std::string& key,
            const AmqpMessage& message);
  void check(bool ok, const char* tried);

  std::unique_ptr<amqp_connection_state_t_, void (*)(amqp_connection_state_t_*)> link_;
  std::chrono::milliseconds patience_;
  std::uint64_t published_ = 0;
  std::set<std::uint64_t> unconfirmed_;
};

}  // namespace lab
