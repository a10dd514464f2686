#include "world/consumer.hpp"

#include <unistd.h>

#include <csignal>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {

namespace trace = lab::trace;

lab::RabbitServer& rabbit() {
  static lab::RabbitServer one;
  return one;
}

lab::RedisServer& redis() {
  static lab::RedisServer one;
  return one;
}

std::string fresh(const std::string& name) {
  static int count = 0;
  return "lab12-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

void arrow(std::string_view from, std::string_view to, lab::Where where) {
  trace::flow_in(trace::flow_out("order", {.lane = from}, where), "order", {.lane = to},
                 where);
}

OrderQueue::OrderQueue(lab::Amqp& amqp) : broker(amqp) {
  broker.declare(dead);
  broker.declare(name, {.counts_deliveries = true, .dead_letters = dead});
}

OrderQueue::~OrderQueue() try {
  broker.remove(name);
  broker.remove(dead);
} catch (const lab::Error&) {  // the broker is gone, and the queues with it
}

void settle(lab::Amqp& amqp, const lab::AmqpDelivery& delivery, Verdict verdict) {
  if (verdict == Verdict::acknowledge) return amqp.acknowledge(delivery);
  amqp.reject(delivery, verdict == Verdict::retry);
}

Message message_of(const lab::AmqpDelivery& delivery) {
  return {delivery.message.id, delivery.message.body, delivery.earlier + 1};
}

// Step 9: the order of three steps decides what a crash does: work, key, acknowledgement.
Taken take_one(lab::Amqp& amqp, lab::Redis& database, const Habits& habits,
               std::chrono::milliseconds patience) {
  const auto delivery = amqp.next(patience);
  if (!delivery) return {};
  arrow("broker", "payments");
  const bool acknowledges_first = habits.acknowledges == "before the work";
  if (acknowledges_first) {
    amqp.acknowledge(*delivery);
    amqp.depth(habits.queue);  // an answer to this means that the broker has that too
  }
  if (habits.dies == "before the work") std::raise(SIGKILL);
  Consumer consumer(3, [&](const Message& message) {
    return habits.key == "no keys" ? charge(database, habits.account)
                                   : charge_once(database, habits.account, message.id);
  });
  const Verdict verdict = consumer.take(message_of(*delivery));
  if (habits.dies == "after the work") std::raise(SIGKILL);
  if (!acknowledges_first) settle(amqp, *delivery, verdict);
  return {true, delivery->redelivered};
}

lab::Child consumer_process(const Habits& habits) {
  return lab::Child::role("consumer",
                          {rabbit().url(), redis().url(), habits.queue, habits.account,
                           habits.key, habits.acknowledges, habits.dies});
}

int consumer_main(std::span<const std::string> args) {
  lab::Amqp amqp(args[0]);
  lab::Redis database(args[1]);
  const Habits habits{args[2], args[3], args[4], args[5], args[6]};
  amqp.consume(habits.queue, 1);
  while (take_one(amqp, database, habits).came) {
  }
  return 0;
}

}  // namespace lab12
