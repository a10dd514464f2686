#include "world/payments.hpp"

#include <unistd.h>

#include <csignal>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/rabbit_server.hpp"
#include "lab/db/redis_server.hpp"
#include "world/http_orders.hpp"

namespace lab12 {

namespace {

const std::string& rabbit() {
  static const lab::RabbitServer one;
  return one.url();
}

const std::string& redis() {
  static const lab::RedisServer one;
  return one.url();
}

// Redis runs a script as one transaction. The run's keys are gone an hour later.
constexpr const char* kCharge = R"(
if ARGV[1] ~= '' and redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('EXPIRE', KEYS[2], 3600)
return redis.call('SET', KEYS[1], (redis.call('GET', KEYS[1]) or 0) + 1, 'EX', 3600))";

}  // namespace

lab::Amqp connect_amqp() {
  return lab::Amqp(rabbit());
}

lab::Redis connect_redis() {
  return lab::Redis(redis());
}

std::string fresh(const std::string& name) {
  static int count = 0;
  return "lab12-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(++count);
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

// Step 9: the order of work, key and acknowledgement decides what a crash does.
Taken take_one(lab::Amqp& amqp, lab::Redis& database, const Habits& habits,
               std::chrono::milliseconds patience) {
  const auto delivery = amqp.next(patience);
  if (!delivery) return {};
  arrow("broker", "payments");
  const bool acknowledges_first = habits.acknowledges_first == "yes";
  if (acknowledges_first) amqp.acknowledge(*delivery);
  if (acknowledges_first) amqp.depth(habits.queue);  // its answer: the broker has that
  if (habits.dies == "before") std::raise(SIGKILL);
  Consumer consumer(3, [&](const Message& message) {
    if (message.id == "poison") throw std::runtime_error("there is no such account");
    return charge(database, habits.account, habits.keys == "yes" ? message.id : "");
  });
  consumer.on_decided = [](Verdict, std::string_view reason) {
    lab::trace::instant(reason, {.lane = "payments"});
  };
  const Verdict verdict =
      consumer.take({delivery->message.id, .attempt = delivery->earlier + 1});
  if (habits.dies == "after") std::raise(SIGKILL);
  if (verdict != Verdict::acknowledge)
    amqp.reject(*delivery, verdict == Verdict::retry);
  else if (!acknowledges_first)
    amqp.acknowledge(*delivery);
  return {true, delivery->redelivered};
}

bool charge(lab::Redis& database, const std::string& account, const std::string& key) {
  return database.command({"EVAL", kCharge, "2", account, account + ":keys", key}) != "0";
}

std::string charges(lab::Redis& database, const std::string& account) {
  const std::string count = database.command({"GET", account});
  return count.empty() ? "0" : count;
}

lab::Child payments_process(const Habits& habits) {
  return lab::Child::role("payments",
                          {rabbit(), redis(), habits.queue, habits.account, habits.keys,
                           habits.acknowledges_first, habits.dies});
}

int payments_main(std::span<const std::string> args) {
  lab::Amqp amqp(args[0]);
  lab::Redis database(args[1]);
  const Habits habits{args[2], args[3], args[4], args[5], args[6]};
  amqp.consume(habits.queue, 1);
  while (take_one(amqp, database, habits).came) {
  }
  return 0;
}

}  // namespace lab12
