// twice.cpp: what is delivered twice, and what is never gone.
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/kafka.hpp"
#include "scenes/scenes.hpp"
#include "world/payments.hpp"
#include "world/service_chain.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {

using lab::Picture;
namespace trace = lab::trace;

namespace {

struct Killed {
  bool redelivered = false;
  int charged = 0;
  bool operator==(const Killed&) const = default;
};

// One order, a consumer that is killed while it has it, and then another consumer.
Killed kill_one(const char* way, const char* dies) {
  next_case(fmt::format("{}; is killed {}", way, dies));
  Payments payments({.way = way});
  payments.publish("17");
  Habits deadly = payments.habits;
  deadly.dies = dies;
  payments_process(deadly).wait();
  lab::trace::instant("killed", {.lane = "payments"});
  payments.inbox.consume(payments.habits.queue, 1);
  const auto taken = payments.take(deadly.way == "acknowledges first" ? 300ms : 15s);
  return {taken.redelivered, payments.charged()};
}

}  // namespace

void crash(lab::Story& story, const Knobs&) {
  story.say(
      "A consumer is killed while it has an order, and another one starts. How often is "
      "the order charged? And what happens to an order that always fails?");
  story.picture(Picture::sequence, {"orders", "broker", "payments"});
  std::vector<Killed> seen;
  lab::Table table{"One order, and a consumer that is killed",
                   {"the consumer", "is killed", "redelivered", "charged"},
                   {}};
  for (const auto& [way, dies] : {std::pair{"acknowledges first", "before its work"},
                                  {"keeps no keys", "before its work"},
                                  {"keeps no keys", "after its work"},
                                  {"keeps keys", "after its work"}}) {
    const Killed one = seen.emplace_back(kill_one(way, dies));
    table.rows.push_back(
        {way, dies, one.redelivered ? "yes" : "no", std::to_string(one.charged)});
  }
  story.table(table);
  story.claim("12.4",
              seen == std::vector<Killed>{{false, 0}, {true, 1}, {true, 2}, {true, 1}},
              "the order of a killed consumer was delivered again, and with a key it was "
              "charged {} time. Control: it was charged {} times without keys, and {} "
              "times if the consumer acknowledges first",
              seen[3].charged, seen[2].charged, seen[0].charged);
  next_case("an order that always fails, and one behind it");
  Payments payments({});
  payments.publish("poison");
  payments.publish("18");
  payments.inbox.consume(payments.habits.queue, 1);
  int tries = 0;
  while (tries < 4 && payments.take().came) ++tries;
  const auto letters = [&] {
    return payments.sender.depth(payments.habits.dead_letters());
  };
  for (const Deadline patience(15s); letters() == 0 && !patience.has_passed();) {
  }
  story.claim("12.4", tries == 4 && letters() == 1 && payments.charged() == 1,
              "an order that always fails became a dead letter after {} tries, and the "
              "order behind it was charged",
              tries - payments.charged());
  story.takeaway(
      "At-least-once delivery, with a consumer that recognizes duplicates, gives you the "
      "effect exactly once.");
}

void visibility(lab::Story& story, const Knobs& knobs) {
  story.say(
      "{} Consumer A is slower than the timeout of {}, so consumer B should receive the "
      "order too.",
      sqs_url() ? "This is the queue of LAB_SQS_URL."
                : "SQS runs only at AWS, so this is a model of it on Redis.",
      lab::text::time(*knobs.hidden));
  story.picture(Picture::sequence, {"queue", "A", "B"});
  lab::Redis database = connect_redis();
  const auto queue = visibility_queue(database, fresh("sqs"));
  const std::string order = fresh("order"), keyed = fresh("account"),
                    bare = fresh("account");
  const auto receive = [&](const char* consumer, milliseconds hidden_for) {
    const auto message = queue->receive(hidden_for);
    if (!message) return message;
    if (message->id != order)
      throw lab::Error("receive the order", "the queue of LAB_SQS_URL was not empty");
    arrow("queue", consumer, fmt::format("order, receive {}", message->attempt));
    charge(database, bare);
    trace::instant("charges", {.lane = consumer});
    if (!charge(database, keyed, message->id))
      trace::instant("with a key: charged before", {.lane = consumer});
    return message;
  };
  const auto remove = [&](const char* consumer, const std::optional<Message>& message) {
    arrow(consumer, "queue", "delete");
    const bool removed = message && queue->remove(*message);
    arrow("queue", consumer, removed ? "deleted" : "too late, this receipt is void");
    return removed;
  };
  queue->send(order);
  const Deadline timeout(*knobs.hidden), patience(*knobs.hidden + 20s);
  auto a = receive("A", *knobs.hidden);
  while (!a && !patience.has_passed()) a = receive("A", *knobs.hidden);
  auto b = receive("B", 60s);
  const bool was_hidden = !b || timeout.has_passed();
  if (!b) arrow("queue", "B", "nothing: the order is hidden");
  while (!b && !patience.has_passed()) b = receive("B", 60s);
  const bool a_deleted = remove("A", a), b_deleted = remove("B", b);
  const int with = charges(database, keyed), without = charges(database, bare);
  story.claim("12.6",
              was_hidden && b && b->attempt == 2 && a_deleted == (sqs_url() != nullptr) &&
                  b_deleted && with == 1 && without == 2,
              "B got nothing before the timeout, and then the order, with a receive "
              "count of {}. {}. It was charged {} time with keys. Control: {} times "
              "without",
              b ? b->attempt : 0,
              a_deleted ? "The queue answered yes to A's old receipt and to B's"
                        : "A's receipt no longer deleted it, and B's did",
              with, without);
  story.nuance("12.6", "{}",
               sqs_url()
                   ? "SQS takes an old receipt without a word, and may keep the message. "
                     "Nothing tells consumer A that it was late."
                   : "This is a model. It shows the rule, not SQS itself.");
  story.takeaway(
      "If the visibility timeout is too short, there are duplicates without any crash.");
}

void two_readers(lab::Story& story, const Knobs&) {
  constexpr std::size_t kRecords = 1000;
  lab::KafkaTopic log;
  story.say(
      "{} events are appended to a topic on {}. Mail reads them, and then statistics "
      "does.",
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
  const auto queue = visibility_queue(database, fresh("sqs"));
  queue->send("17");
  const auto first = queue->receive(60s);
  const bool removed = first && queue->remove(*first);
  const int second = queue->receive(60s) ? 1 : 0;
  story.claim("12.5",
              mail == kRecords && statistics == kRecords && out_of_order == 0 &&
                  removed && second == 0,
              "mail read {} of {} records, and then statistics read {}; {} were out of "
              "order for their customer. Control: a queue's second reader got {}",
              mail, kRecords, statistics, out_of_order, second);
  story.takeaway(
      "A queue forgets a message once it is handled. A log keeps it, and each reader "
      "moves its own position.");
}

}  // namespace lab12
