// consumer.hpp: the service "payments": takes orders from RabbitMQ, charges in Redis.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "lab/core/where.hpp"
#include "lab/db/amqp.hpp"
#include "lab/db/rabbit_server.hpp"
#include "lab/db/redis.hpp"
#include "lab/db/redis_server.hpp"
#include "service_communication.hpp"

namespace lab12 {

// The broker and the database of all scenes: started by the first that asks.
lab::RabbitServer& rabbit();
lab::RedisServer& redis();
std::string fresh(const std::string& name);  // one that no other run uses

// A message in the picture, at the moment when it is sent.
void arrow(std::string_view from, std::string_view to,
           lab::Where where = lab::Where::here());

// A quorum queue and its dead letters, gone with this object.
struct OrderQueue {
  explicit OrderQueue(lab::Amqp& amqp);
  ~OrderQueue();
  lab::Amqp& broker;
  const std::string name = fresh("orders"), dead = name + "-dead";
};

void settle(lab::Amqp& amqp, const lab::AmqpDelivery& delivery, Verdict verdict);
Message message_of(const lab::AmqpDelivery& delivery);

// How a consumer works: whether it has a table of keys, when it acknowledges, when it dies.
struct Habits {
  std::string queue, account;
  std::string key = "keeps keys";               // or "no keys"
  std::string acknowledges = "after the work";  // or "before the work"
  std::string dies = "never";                   // or "before the work", "after the work"
};

// One order, if one comes in time: whether it came, and was delivered before.
struct Taken {
  bool came = false, redelivered = false;
};
Taken take_one(lab::Amqp& amqp, lab::Redis& database, const Habits& habits,
               std::chrono::milliseconds patience = std::chrono::seconds(15));

// The same in a process of its own, order by order, until it dies or is killed.
lab::Child consumer_process(const Habits& habits);
int consumer_main(std::span<const std::string> args);

}  // namespace lab12
