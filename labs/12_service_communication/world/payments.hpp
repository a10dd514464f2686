// payments.hpp: the service that consumes orders from RabbitMQ and charges in Redis.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "lab/db/amqp.hpp"
#include "lab/db/redis.hpp"
#include "lab/os/process.hpp"
#include "service_communication.hpp"

namespace lab12 {

// The broker and the database of all scenes: started by the first that asks.
lab::Amqp connect_amqp();
lab::Redis connect_redis();
std::string fresh(const std::string& name);  // one that no other run uses

// A quorum queue and its dead letters, gone with this object.
struct OrderQueue {
  explicit OrderQueue(lab::Amqp& amqp);
  ~OrderQueue();
  lab::Amqp& broker;
  const std::string name = fresh("orders"), dead = name + "-dead";
};

// How a consumer works: which account it charges, whether it keeps a table of keys, whether
// it acknowledges before its work, and when it dies ("before", "after" its work).
struct Habits {
  std::string queue, account = fresh("account");
  std::string keys = "yes", acknowledges_first = "no", dies = "never";
};

// Takes one order, if one comes in time: whether it came, and was delivered before.
struct Taken {
  bool came = false, redelivered = false;
};
Taken take_one(lab::Amqp& amqp, lab::Redis& database, const Habits& habits,
               std::chrono::milliseconds patience = std::chrono::seconds(15));

// The effect. Without a key (the control) or with one, in one transaction; an account that
// does not exist throws.
bool charge(lab::Redis& database, const std::string& account,
            const std::string& key = "");
std::string charges(lab::Redis& database, const std::string& account);

// The same in a process of its own, order by order, until it dies or is killed.
lab::Child payments_process(const Habits& habits);
int payments_main(std::span<const std::string> args);

}  // namespace lab12
