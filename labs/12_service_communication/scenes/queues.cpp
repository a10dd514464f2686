// queues.cpp: the asynchronous style with RabbitMQ: decoupled, absorbed, and to many.
#include <algorithm>
#include <atomic>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http.hpp"
#include "scenes/scenes.hpp"
#include "world/http_orders.hpp"
#include "world/payments.hpp"

namespace lab12 {

namespace trace = lab::trace;
using lab::text::time;

void consumer_down(lab::Story& story, const Knobs&) {
  story.say(
      "A service publishes 100 orders while their consumer is up. The consumer is "
      "killed, "
      "and the service publishes 100 more. Then a new consumer takes over.");
  story.picture(lab::Picture::nodes, {"orders", "broker", "payments"});
  for (const char* who : {"orders", "broker", "payments"})
    trace::actor(who, trace::Actor::service);
  lab::Amqp amqp = connect_amqp(), inbox = connect_amqp();
  lab::Redis database = connect_redis();
  const OrderQueue queue(amqp);
  const Habits habits{.queue = queue.name};
  int number = 0;
  const auto publish_hundred = [&] {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
      amqp.publish(queue.name, {kOrder, "order-" + std::to_string(++number)});
      amqp.wait_confirmed();  // throws if it is not
      arrow("orders", "broker");
    }
    return std::chrono::steady_clock::now() - began;
  };
  lab::Child consumer = payments_process(habits);
  const auto while_up = publish_hundred();
  while (charges(database, habits.account) != "100") std::this_thread::sleep_for(1ms);
  consumer.kill(SIGKILL);
  consumer.wait();
  const auto while_down = publish_hundred();
  const int waiting = amqp.depth(queue.name);
  trace::counter("waiting", waiting, {.lane = "broker"});
  inbox.consume(queue.name, 10);
  while (charges(database, habits.account) != "200" &&
         take_one(inbox, database, habits).came) {
  }
  const std::string charged = charges(database, habits.account);

  lab::http::Server direct([](const auto&, auto reply) { reply({}); });
  direct.refuse(true);
  const int called = Callers(direct.port(), 20).order().accepted;
  story.claim("12.4", waiting >= 100 && charged == "200",
              "{} confirmed orders waited for a consumer, and {} of 200 were charged",
              waiting, charged);
  story.claim(
      "12.7", number == 200 && called == 0,
      "100 of 100 orders were confirmed while the consumer was down, in {}; while "
      "it was up that took {}. Control: {} of 20 HTTP calls to a service that is "
      "down succeeded",
      time(while_down), time(while_up), called);
  story.takeaway("The broker is up, so the sender goes on. It never knew its consumer.");
}

void burst(lab::Story& story, const Knobs& knobs) {
  const int orders = story.quick() ? 300 : *knobs.burst;
  story.say(
      "{} orders come at once, for a consumer that needs 2 ms for each. They come as "
      "messages. Then 50 come as HTTP calls to a service that can hold 10.",
      orders);
  story.picture(lab::Picture::curves, {"waiting", "in work"});
  lab::Amqp amqp = connect_amqp(), inbox = connect_amqp();
  const OrderQueue queue(amqp);
  std::atomic<int> done = 0, in_work = 0, most = 0;
  inbox.consume(queue.name, 1);
  std::jthread consumer([&] {
    for (; done < orders; ++done) {
      const auto delivery = inbox.next(15s);
      if (!delivery) return;
      most = std::max<int>(most, ++in_work);
      std::this_thread::sleep_for(2ms);
      --in_work;
      inbox.acknowledge(*delivery);
    }
  });
  for (int i = 0; i < orders; ++i) amqp.publish(queue.name, {kOrder, std::to_string(i)});
  amqp.wait_confirmed();
  const auto began = std::chrono::steady_clock::now();
  std::vector<int> depths;
  const Deadline patience(30s + orders * 10ms);
  while (done < orders && !patience.has_passed()) {
    depths.push_back(amqp.depth(queue.name));
    trace::counter("waiting", depths.back());
    trace::counter("in work", in_work);
    std::this_thread::sleep_for(10ms);
  }
  const auto drained = std::chrono::steady_clock::now() - began;
  consumer.join();

  int held = 0;
  lab::http::Server direct([&](const auto&, auto reply) {
    if (++held > 10) return reply({.status = 503});
    direct.run_after(held * 2ms, [reply] { reply({}); });
  });
  const int called = Callers(direct.port(), 50).order().accepted;
  story.claim(
      "12.8",
      done == orders && most == 1 && !depths.empty() && depths.front() > orders / 4 &&
          std::ranges::is_sorted(depths, std::greater()),
      "{} of {} orders were done: {} waited after the burst, their number only "
      "fell, and the consumer had {} at a time. Control: {} of 50 HTTP calls were "
      "accepted",
      done.load(), orders, depths.front(), most.load(), called);
  story.nuance("12.8",
               "The price is the wait: the last order was done {} after the burst. A "
               "backlog that never shrinks is an overload, which no queue cures.",
               time(drained));
  story.takeaway("A queue turns a burst into a wait.");
}

void fan_out(lab::Story& story, const Knobs&) {
  story.say(
      "A service emits \"order placed\". Mail and stock listen, each with a queue of its "
      "own. Statistics joins before the second event.");
  story.picture(lab::Picture::nodes, {"orders", "mail", "stock", "statistics"});
  trace::actor("orders", trace::Actor::service);
  lab::Amqp amqp = connect_amqp();
  const std::string placed = fresh("placed");
  amqp.declare_fanout(placed);
  std::vector<std::string> listeners;
  const auto join = [&](const std::string& listener) {
    trace::actor(listener, trace::Actor::service);
    amqp.declare(placed + listener, {.passing = true});
    amqp.bind(placed + listener, placed);
    listeners.push_back(listener);
  };
  const auto emit = [&] {
    amqp.emit(placed, {kOrder, "order-17"});
    amqp.wait_confirmed();
    for (const std::string& listener : listeners) arrow("orders", listener);
  };
  join("mail");
  join("stock");
  emit();
  join("statistics");
  emit();
  std::vector<int> copies;
  for (const std::string& listener : listeners)
    copies.push_back(amqp.depth(placed + listener));
  amqp.declare(placed + "shared", {.passing = true});
  amqp.publish(placed + "shared", {kOrder, "order-17"});
  amqp.wait_confirmed();
  const int shared = amqp.depth(placed + "shared");
  story.claim("12.9", copies == std::vector{2, 2, 1} && shared == 1,
              "of two events mail got {}, stock got {}, and statistics, which joined "
              "between them, got {}. Control: listeners of one queue share {} copy",
              copies[0], copies[1], copies[2], shared);
  story.takeaway("An event says what happened. Who listens is not the sender's affair.");
}

}  // namespace lab12
