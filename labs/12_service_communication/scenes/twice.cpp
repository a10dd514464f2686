// twice.cpp: what is delivered twice, and what is never gone.
#include <array>
#include <map>
#include <stdexcept>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/kafka.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"
#include "world/consumer.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {

using lab::Picture;
using lab::Story;
namespace trace = lab::trace;

namespace {

struct Outcome {
  bool redelivered = false;
  std::string charged;
};

// One order, and a consumer that is killed while it has it; then another consumer.
Outcome killed(const char* key, const char* acknowledges, const char* dies) {
  lab::Amqp amqp(rabbit().url());
  const OrderQueue queue(amqp);
  lab::Redis database(redis().url());
  Habits habits{queue.name, fresh("account"), key, acknowledges, dies};
  arrow("orders", "broker");
  amqp.publish(queue.name, {kOrder, "order-17"});
  amqp.wait_confirmed();
  consumer_process(habits).wait();
  habits.dies = "never";
  lab::Amqp inbox(rabbit().url());
  inbox.consume(queue.name, 1);
  const bool may_come = habits.acknowledges == "after the work";
  const Taken taken = take_one(inbox, database, habits, may_come ? 15s : 300ms);
  return {taken.redelivered, charges(database, habits.account)};
}

// An order that fails each time, before two good ones: how often it was tried, how many
// dead letters there are, and how many orders were charged.
std::array<int, 3> poison() {
  lab::Amqp amqp(rabbit().url()), inbox(rabbit().url());
  const OrderQueue queue(amqp);
  std::array<int, 3> seen{};
  auto& [tries, dead, charged] = seen;
  Consumer consumer(3, [&](const Message& message) {
    if (message.id == "poison" && ++tries) throw std::runtime_error("no such item");
    return ++charged > 0;
  });
  for (const char* id : {"poison", "order-1", "order-2"})
    amqp.publish(queue.name, {kOrder, id});
  amqp.wait_confirmed();
  inbox.consume(queue.name, 1);
  for (int open = 3; open > 0;) {
    const auto delivery = inbox.next(15s);
    if (!delivery) break;
    const Verdict verdict = consumer.take(message_of(*delivery));
    settle(inbox, *delivery, verdict);
    open -= verdict != Verdict::retry;
  }
  lab::Amqp letters(rabbit().url());
  letters.consume(queue.dead, 1);
  const auto letter = letters.next(15s);
  dead = letter && letter->message.id == "poison";
  if (letter) letters.acknowledge(*letter);
  return seen;
}

}  // namespace

void crash(Story& story, const Knobs&) {
  story.say(
      "A consumer is killed while it has an order: before its work, or between its work "
      "and its acknowledgement. Then another one starts. How often is it charged?");
  story.picture(Picture::sequence, {"orders", "broker", "payments"});
  const Outcome lost = killed("no keys", "before the work", "before the work"),
                again = killed("no keys", "after the work", "before the work"),
                twice = killed("no keys", "after the work", "after the work"),
                once = killed("keeps keys", "after the work", "after the work");
  lab::Table table{"One order, and a consumer that is killed",
                   {"acknowledges", "killed", "keys", "redelivered", "charged"},
                   {}};
  const auto row = [&](const char* acks, const char* dies, const char* keys,
                       const Outcome& outcome) {
    table.rows.push_back(
        {acks, dies, keys, outcome.redelivered ? "yes" : "no", outcome.charged});
  };
  row("before the work", "before the work", "no", lost);
  row("after the work", "before the work", "no", again);
  row("after it", "after the work", "no", twice);
  row("after it, with keys", "after the work", "yes", once);
  story.table(table);
  story.claim(
      "12.4",
      lost.charged == "0" && again.charged == "1" && twice.charged == "2" &&
          once.charged == "1" && twice.redelivered && once.redelivered,
      "killed between work and acknowledgement, the consumer got its order again, "
      "and with a table of keys charged it {} time. Control: {} times without keys, "
      "{} times if it acknowledges first",
      once.charged, twice.charged, lost.charged);
  const auto [tries, dead, charged] = poison();
  story.claim("12.4", tries == 3 && dead == 1 && charged == 2,
              "an order that always fails was tried {} times and became {} dead letter, "
              "and the {} orders behind it were charged",
              tries, dead, charged);
  story.nuance("12.4",
               "The broker counts the attempts, and not the consumer: one that is killed "
               "remembers nothing.");
  story.takeaway(
      "Exactly once is at least once, and a consumer that recognises what it has done.");
}

void visibility(Story& story, const Knobs& knobs) {
  story.say(
      "A model of SQS on Redis, since SQS runs at AWS only. Consumer A receives an order "
      "and is slower than the timeout. Consumer B receives it too.");
  story.picture(Picture::sequence, {"queue", "A", "B"});
  lab::Redis database(redis().url());
  const std::string name = fresh("sqs"), keyed = name + ":keyed", bare = name + ":bare";
  VisibilityQueue queue(database, name);
  queue.send("order-17");
  const auto work = [&](const char* consumer, const Message& message) {
    arrow("queue", consumer);
    charge(database, bare);
    Consumer with_keys(
        3, [&](const Message& it) { return charge_once(database, keyed, it.id); });
    return with_keys.take(message) == Verdict::acknowledge;
  };
  const Deadline timeout(*knobs.hidden);
  const auto a = queue.receive(*knobs.hidden);
  const auto meanwhile = queue.receive(*knobs.hidden);
  const bool was_hidden = !meanwhile || timeout.has_passed();
  const Deadline patience(*knobs.hidden + 20s);
  auto b = meanwhile;
  while (!b && !patience.has_passed()) b = queue.receive(60s);
  const bool done = a && b && work("B", *b) && work("A", *a);
  const bool a_removed = done && queue.remove(*a), b_removed = done && queue.remove(*b);
  const std::string left = queue.size(), with = charges(database, keyed),
                    without = charges(database, bare);
  database.command(
      {"DEL", name + ":due", name + ":receives", keyed, keyed + ":handled", bare});
  story.claim(
      "12.6",
      was_hidden && done && b->attempt == 2 && !a_removed && b_removed && left == "0" &&
          with == "1" && without == "2",
      "while A had the order, B got nothing; after {} B got it with a receive "
      "count of {}. A's receipt no longer deleted it, B's did. Charged {} time with "
      "keys. Control: {} times without",
      lab::text::time(*knobs.hidden), b ? b->attempt : 0, with, without);
  story.nuance("12.6",
               "This is a model: it shows the rule, and not SQS itself. Make the timeout "
               "longer than the work, or extend it while you work.");
  story.takeaway("A timeout that is too short makes duplicates without any crash.");
}

void two_readers(Story& story, const Knobs&) {
  constexpr std::size_t kRecords = 1000;
  lab::KafkaTopic log;
  story.say(
      "{} events are appended to a topic on {}. Mail reads all of them, and then "
      "statistics does.",
      kRecords,
      log.is_mock() ? "librdkafka's mock cluster, which speaks Kafka's protocol"
                    : "the cluster of LAB_KAFKA_BROKERS");
  story.picture(Picture::curves, {"mail", "statistics"});
  for (std::size_t i = 0; i < kRecords; ++i)
    log.append("customer-" + std::to_string(i % 10), std::to_string(i));
  log.flush();
  struct Read {
    std::size_t records = 0, out_of_order = 0;
  };
  const auto read_all = [&](const char* name) {
    Read read;
    std::map<std::string, int> last;
    for (const lab::KafkaRecord& record : lab::KafkaReader(log).read(kRecords, 30s)) {
      trace::counter(name, static_cast<double>(++read.records));
      const auto [at, is_new] = last.try_emplace(record.key, -1);
      read.out_of_order += std::stoi(record.value) <= at->second;
      at->second = std::stoi(record.value);
    }
    return read;
  };
  const Read mail = read_all("mail"), statistics = read_all("statistics");

  lab::Redis database(redis().url());
  VisibilityQueue queue(database, fresh("queue"));
  queue.send("order-17");
  const auto first = queue.receive(60s);
  const bool taken = first && queue.remove(*first),
             second = queue.receive(60s).has_value();
  story.claim(
      "12.5",
      mail.records == kRecords && statistics.records == kRecords &&
          mail.out_of_order + statistics.out_of_order == 0 && taken && !second,
      "mail read {} of {} records and statistics read {} of the same, with {} of a "
      "customer's out of order. Control: the second reader of a queue got {}",
      mail.records, kRecords, statistics.records,
      mail.out_of_order + statistics.out_of_order, second ? 1 : 0);
  story.takeaway(
      "A queue forgets what was done. A log keeps it, and each reader has a position.");
}

}  // namespace lab12
