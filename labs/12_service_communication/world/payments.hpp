// payments.hpp: the service that consumes orders from RabbitMQ and charges in Redis.
#pragma once

#include <unistd.h>

#include <csignal>
#include <span>
#include <stdexcept>
#include <string>

#include "lab/core/trace.hpp"
#include "lab/db/amqp.hpp"
#include "lab/db/rabbit_server.hpp"
#include "lab/db/redis.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/os/process.hpp"
#include "service_communication.hpp"
#include "world/service_chain.hpp"

namespace lab12 {

// A name that no other run uses.
inline std::string fresh(const std::string& name) {
  static int count = 0;
  return "lab12-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

// To the broker of all scenes, which the first that asks starts; this run's processes find
// it by the variable.
inline lab::Amqp connect_amqp() {
  static const lab::RabbitServer one;
  setenv("LAB_AMQP_URL", one.url().c_str(), 1);
  return lab::Amqp(one.url());
}
inline lab::Redis connect_redis() {
  static const lab::RedisServer one;
  setenv("LAB_REDIS_URL", one.url().c_str(), 1);
  return lab::Redis(one.url());
}

// The effect of an order. Without a key (the control), or with one in one transaction: so
// Redis runs a script. What a run leaves there is gone an hour later.
inline bool charge(lab::Redis& database, const std::string& account,
                   const std::string& key = "") {
  return database.command({"EVAL", R"(
      if ARGV[1] ~= '' and redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 0 end
      redis.call('EXPIRE', KEYS[2], 3600)
      redis.call('SET', KEYS[1], (redis.call('GET', KEYS[1]) or 0) + 1, 'EX', 3600)
      return 1)",
                           "2", account, account + ":keys", key}) == "1";
}
inline int charges(lab::Redis& database, const std::string& account) {
  const std::string count = database.command({"GET", account});
  return count.empty() ? 0 : std::stoi(count);
}

// How a consumer works: what it reads and charges, in which way ("keeps keys", "keeps no keys",
// "acknowledges first"), and when it dies ("before its work" or "after its work").
struct Habits {
  std::string queue = fresh("orders"), account = fresh("account");
  std::string way = "keeps keys", dies = "never";

  std::string dead_letters() const { return queue + "-dead"; }
};

// Its queue, somebody who sends orders, and the consumer.
struct Payments {
  explicit Payments(Habits how) : habits(std::move(how)) {
    const std::chrono::minutes unused(10);
    sender.declare(habits.dead_letters(), {.expires = unused});
    sender.declare(habits.queue, {.counts_deliveries = true,
                                  .dead_letters = habits.dead_letters(),
                                  .expires = unused});
  }

  // Returns once the broker has it.
  void publish(const std::string& id) {
    sender.publish(habits.queue, {order().body, id});
    sender.wait_confirmed();
    arrow("orders", "broker");
  }

  int charged() { return charges(database, habits.account); }

  // Takes one order, if one comes in time: whether it came, and was delivered before.
  // Step 9: the order of work, key and acknowledgement decides what a crash does.
  struct Taken {
    bool came = false, redelivered = false;
  };
  Taken take(std::chrono::milliseconds patience = std::chrono::seconds(15)) {
    const auto delivery = inbox.next(patience);
    if (!delivery) return {};
    arrow("broker", "payments");
    const bool acknowledges_first = habits.way == "acknowledges first";
    if (acknowledges_first) inbox.acknowledge(*delivery);
    if (acknowledges_first) inbox.depth(habits.queue);  // its answer: the broker has that
    if (habits.dies == "before its work") std::raise(SIGKILL);
    Consumer consumer(3, [&](const Message& message) {
      if (message.id == "poison") throw std::runtime_error("there is no such account");
      return charge(database, habits.account,
                    habits.way == "keeps keys" ? message.id : "");
    });
    consumer.on_decided = [](Verdict, std::string_view reason) {
      lab::trace::instant(reason, {.lane = "payments"});
    };
    const Verdict verdict = consumer.take({delivery->message.id, delivery->earlier + 1});
    if (habits.dies == "after its work") std::raise(SIGKILL);
    if (verdict != Verdict::acknowledge)
      inbox.reject(*delivery, verdict == Verdict::retry);
    else if (!acknowledges_first)
      inbox.acknowledge(*delivery);
    return {true, delivery->redelivered};
  }

  Habits habits;
  lab::Amqp sender = connect_amqp(), inbox = connect_amqp();
  lab::Redis database = connect_redis();
};

// The same consumer in a process of its own, until it dies or is killed.
inline lab::Child payments_process(const Habits& habits) {
  return lab::Child::role("payments",
                          {habits.queue, habits.account, habits.way, habits.dies});
}
inline int payments_main(std::span<const std::string> args) {
  Payments payments({args[0], args[1], args[2], args[3]});
  payments.inbox.consume(args[0], 1);
  while (payments.take().came) {
  }
  return 0;
}

}  // namespace lab12
