// twice.cpp: what is delivered twice, and what is never gone.
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/kafka.hpp"
#include "scenes/scenes.hpp"
#include "world/http_orders.hpp"
#include "world/payments.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {

using lab::Picture;

namespace {

// One order, a consumer that is killed while it has it, and then another consumer: whether
// that got it too, and how often it is charged.
std::vector<std::string> kill_one(Habits habits) {
  lab::Amqp amqp = connect_amqp(), inbox = connect_amqp();
  lab::Redis database = connect_redis();
  const OrderQueue queue(amqp);
  habits.queue = queue.name;
  arrow("orders", "broker");
  amqp.publish(queue.name, {kOrder, "order-17"});
  amqp.wait_confirmed();
  payments_process(habits).wait();
  habits.dies = "never";
  inbox.consume(queue.name, 1);
  const auto patience = habits.acknowledges_first == "yes" ? 300ms : 15s;
  const Taken taken = take_one(inbox, database, habits, patience);
  return {taken.redelivered ? "yes" : "no", charges(database, habits.account)};
}

}  // namespace

void crash(lab::Story& story, const Knobs&) {
  story.say(
      "A consumer is killed while it has an order, before its work or after it, and "
      "another one starts. How often is the order charged?");
  story.picture(Picture::sequence, {"orders", "broker", "payments"});
  using Row = std::vector<std::string>;
  const Row lost = kill_one({.acknowledges_first = "yes", .dies = "before"}),
            again = kill_one({.keys = "no", .dies = "before"}),
            twice = kill_one({.keys = "no", .dies = "after"}),
            once = kill_one({.keys = "yes", .dies = "after"});
  story.table(
      {"One order, and a consumer that is killed",
       {"acknowledges", "is killed", "keeps keys", "redelivered", "charged"},
       {{"before its work", "before its work", "yes", lost[0], lost[1]},
        {"after its work", "before its work", "no", again[0], again[1]},
        {"after its work", "between work and acknowledgement", "no", twice[0], twice[1]},
        {"after its work", "between work and acknowledgement", "yes", once[0],
         once[1]}}});
  story.claim(
      "12.4",
      lost == Row{"no", "0"} && again == Row{"yes", "1"} && twice == Row{"yes", "2"} &&
          once == Row{"yes", "1"},
      "a killed consumer's order was delivered again, and charged {} time thanks to "
      "its key. Control: {} times without keys, and {} times if the consumer "
      "acknowledges first",
      once[1], twice[1], lost[1]);
  lab::Amqp amqp = connect_amqp(), inbox = connect_amqp();
  lab::Redis database = connect_redis();
  const OrderQueue queue(amqp);
  const Habits habits{.queue = queue.name};
  amqp.publish(queue.name, {kOrder, "poison"});
  amqp.publish(queue.name, {kOrder, "order-18"});
  amqp.wait_confirmed();
  inbox.consume(queue.name, 1);
  int tries = 0;  // of both orders
  while (amqp.depth(queue.dead) == 0 || charges(database, habits.account) != "1")
    if (++tries > 9 || !take_one(inbox, database, habits).came) break;
  story.claim(
      "12.4", tries == 4,
      "an order that always fails was tried {} times and became a dead letter, and "
      "the order behind it was charged",
      tries - 1);
  story.takeaway("Exactly once is at least once, for a consumer that knows its keys.");
}

void visibility(lab::Story& story, const Knobs& knobs) {
  story.say(
      "SQS runs at AWS only, so this is a model of it on Redis. Consumer A is slower "
      "than "
      "the timeout of {}, so consumer B receives the order too.",
      lab::text::time(*knobs.hidden));
  story.picture(Picture::sequence, {"queue", "A", "B"});
  lab::Redis database = connect_redis();
  VisibilityQueue queue(database, fresh("sqs"));
  const std::string keyed = fresh("account"), bare = fresh("account");
  queue.send("order-17");
  const Deadline timeout(*knobs.hidden), patience(*knobs.hidden + 20s);
  const auto receive = [&](const char* consumer, milliseconds hidden_for) {
    const auto message = queue.receive(hidden_for);
    if (message) arrow("queue", consumer);
    if (message) charge(database, bare);
    if (message) charge(database, keyed, message->id);
    return message;
  };
  const auto a = receive("A", *knobs.hidden);
  auto b = receive("B", 60s);
  const bool was_hidden = !b || timeout.has_passed();
  while (!b && !patience.has_passed()) b = receive("B", 60s);
  const bool a_deleted = a && queue.remove(*a), b_deleted = b && queue.remove(*b);
  const std::string with = charges(database, keyed), without = charges(database, bare);
  story.claim(
      "12.6",
      was_hidden && b && b->attempt == 2 && !a_deleted && b_deleted && with == "1" &&
          without == "2",
      "B got nothing before the timeout, and then the order, with a receive count "
      "of {}. A's receipt did not delete it any more, and B's did. It was charged {} "
      "time with keys. Control: {} times without",
      b ? b->attempt : 0, with, without);
  story.nuance("12.6",
               "A model shows the rule, and not SQS itself. There, make the "
               "timeout longer than the work, or extend it while you work.");
  story.takeaway("A timeout that is too short makes duplicates without any crash.");
}

void two_readers(lab::Story& story, const Knobs&) {
  constexpr std::size_t kRecords = 1000;
  lab::KafkaTopic log;
  story.say(
      "{} events are appended to a topic on {}. Mail reads it, then statistics does.",
      kRecords,
      log.is_mock() ? "librdkafka's mock cluster, which speaks Kafka's protocol"
                    : "the cluster of LAB_KAFKA_BROKERS");
  story.picture(Picture::curves, {"mail", "statistics"});
  for (std::size_t i = 0; i < kRecords; ++i)
    log.append("customer-" + std::to_string(i % 10), std::to_string(i));
  log.flush();
  int out_of_order = 0;
  const auto read_all = [&](const char* reader) {
    std::size_t records = 0;
    std::map<std::string, int> last;
    for (const auto& record : lab::KafkaReader(log).read(kRecords, 30s)) {
      lab::trace::counter(reader, static_cast<double>(++records));
      const auto [at, is_first] = last.try_emplace(record.key, -1);
      const int number = std::stoi(record.value);
      out_of_order += number <= std::exchange(at->second, number);
    }
    return records;
  };
  const std::size_t mail = read_all("mail"), statistics = read_all("statistics");

  lab::Redis database = connect_redis();
  VisibilityQueue queue(database, fresh("sqs"));
  queue.send("order-17");
  const auto first = queue.receive(60s);
  const bool removed = first && queue.remove(*first);
  const int second = queue.receive(60s) ? 1 : 0;
  story.claim("12.5",
              mail == kRecords && statistics == kRecords && out_of_order == 0 &&
                  removed && second == 0,
              "mail read {} of {} records, and then statistics read {}; {} were out of "
              "order for their customer. Control: a queue's second reader got {}",
              mail, kRecords, statistics, out_of_order, second);
  story.takeaway("A queue forgets what was done. A log keeps it, and readers move on.");
}

}  // namespace lab12
