// queues.cpp: the asynchronous style: RabbitMQ between two services, and between many.
#include <algorithm>
#include <atomic>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"
#include "world/consumer.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {

using lab::Picture;
using lab::Story;
namespace trace = lab::trace;

namespace {

// Publishes orders FROM to TO-1, one by one; answers how long a confirm took, the median.
std::chrono::duration<double, std::nano> publish(lab::Amqp& amqp, const OrderQueue& queue,
                                                 int from, int to) {
  std::vector<std::chrono::steady_clock::duration> times;
  for (int i = from; i < to; ++i) {
    const auto began = std::chrono::steady_clock::now();
    amqp.publish(queue.name, {kOrder, "order-" + std::to_string(i)});
    amqp.wait_confirmed();
    times.push_back(std::chrono::steady_clock::now() - began);
    arrow("orders", "broker");
  }
  std::ranges::nth_element(times, times.begin() + (to - from) / 2);
  return times[static_cast<std::size_t>(to - from) / 2];
}

}  // namespace

void consumer_down(Story& story, const Knobs&) {
  constexpr int kOrders = 100;
  story.say(
      "A service publishes {} orders while its consumer is up. Then the consumer is "
      "killed, and {} more are published. Later another consumer takes over.",
      kOrders, kOrders);
  story.picture(Picture::nodes, {"orders", "broker", "payments"});
  for (const char* who : {"orders", "broker", "payments"})
    trace::actor(who, trace::Actor::service);
  lab::Amqp amqp(rabbit().url());
  const OrderQueue queue(amqp);
  lab::Redis database(redis().url());
  const Habits habits{.queue = queue.name, .account = fresh("account")};
  lab::Child consumer = consumer_process(habits);
  const auto up = publish(amqp, queue, 0, kOrders);
  while (charges(database, habits.account) != std::to_string(kOrders))
    std::this_thread::sleep_for(1ms);
  consumer.kill(SIGKILL);
  consumer.wait();
  const auto down = publish(amqp, queue, kOrders, 2 * kOrders);  // throws if it fails
  const int waiting = amqp.depth(queue.name);
  trace::counter("waiting", waiting, {.lane = "broker"});

  lab::Amqp inbox(rabbit().url());
  inbox.consume(queue.name, 10);
  while (charges(database, habits.account) != std::to_string(2 * kOrders) &&
         take_one(inbox, database, habits).came) {
  }
  const std::string charged = charges(database, habits.account);

  lab::http::Server direct([](const auto&, auto reply) { reply({}); });
  Callers callers(direct.port(), 20);
  direct.refuse(true);
  const int called = callers.order().accepted;
  story.claim("12.4", waiting >= kOrders && waiting <= kOrders + 1 && charged == "200",
              "{} confirmed orders waited for a consumer, and in the end {} of {} were "
              "charged, each once",
              waiting, charged, 2 * kOrders);
  story.claim(
      "12.7", called == 0,
      "{} of {} orders were confirmed while the consumer was down, in {} each; "
      "with it up that took {}. Control: {} of 20 HTTP calls to a service that is "
      "down succeeded",
      kOrders, kOrders, lab::text::time(down), lab::text::time(up), called);
  story.takeaway("The broker is up, so the sender goes on: it never knew its consumer.");
}

void burst(Story& story, const Knobs& knobs) {
  const int orders = story.quick() ? 300 : *knobs.burst;
  story.say(
      "{} orders come at once, for a consumer that needs {} for each. First they come as "
      "messages, then 50 as HTTP calls to a service that can hold 10.",
      orders, lab::text::time(*knobs.pace));
  story.picture(Picture::curves, {"waiting", "in work"});
  lab::Amqp amqp(rabbit().url());
  const OrderQueue queue(amqp);
  std::atomic<int> done = 0, in_work = 0, most = 0;
  std::jthread consumer([&, inbox = lab::Amqp(rabbit().url())]() mutable {
    inbox.consume(queue.name, 1);
    while (done < orders) {
      const auto delivery = inbox.next(15s);
      if (!delivery) return;
      most = std::max<int>(most, ++in_work);
      std::this_thread::sleep_for(*knobs.pace);
      --in_work;
      inbox.acknowledge(*delivery);
      ++done;
    }
  });
  for (int i = 0; i < orders; ++i)
    amqp.publish(queue.name, {kOrder, "order-" + std::to_string(i)});
  amqp.wait_confirmed();
  std::vector<int> depths;
  const auto began = std::chrono::steady_clock::now();
  const Deadline patience(60s + orders * *knobs.pace);
  while (done < orders && !patience.has_passed()) {
    depths.push_back(amqp.depth(queue.name));
    trace::counter("waiting", depths.back());
    trace::counter("in work", in_work);
    std::this_thread::sleep_for(10ms);
  }
  const auto drained = std::chrono::steady_clock::now() - began;
  consumer.join();

  std::atomic<int> held = 0;
  lab::http::Server direct([&](const auto&, auto reply) {
    const int place = ++held;
    if (place > 10) return reply({.status = 503});
    direct.run_after(place * *knobs.pace, [reply] { reply({}); });
  });
  const int called = Callers(direct.port(), 50).order().accepted;
  story.claim(
      "12.8",
      done == orders && most == 1 && depths.front() > orders / 4 &&
          std::ranges::is_sorted(depths, std::greater()),
      "{} of {} orders were done: {} waited after the burst, the backlog only "
      "shrank, and the consumer never had more than {} in work. Control: {} of 50 "
      "HTTP calls were accepted",
      done.load(), orders, depths.front(), most.load(), called);
  story.nuance("12.8",
               "The price is waiting: the last order was done {} after the burst. A "
               "backlog that only grows is an overload, and no queue helps with that.",
               lab::text::time(drained));
  story.takeaway("A queue turns a burst into a wait.");
}

void fan_out(Story& story, const Knobs&) {
  story.say(
      "A service emits \"order placed\" to an exchange. Mail and stock listen, each with "
      "a queue of its own. Statistics joins later.");
  story.picture(Picture::nodes, {"orders", "mail", "stock", "statistics"});
  lab::Amqp amqp(rabbit().url());
  const std::string events = fresh("placed");
  amqp.declare_fanout(events);
  const auto joins = [&](const char* listener) {
    trace::actor(listener, trace::Actor::service);
    const std::string queue = events + "-" + listener;
    amqp.declare(queue, {.passing = true});
    amqp.bind(queue, events);
    return queue;
  };
  const auto emit = [&](std::initializer_list<const char*> listeners) {
    amqp.emit(events, {kOrder, "order-17"});
    amqp.wait_confirmed();
    for (const char* listener : listeners) arrow("orders", listener);
  };
  trace::actor("orders", trace::Actor::service);
  const std::string mail = joins("mail"), stock = joins("stock");
  emit({"mail", "stock"});
  const std::string statistics = joins("statistics");
  emit({"mail", "stock", "statistics"});
  const int of_mail = amqp.depth(mail), of_stock = amqp.depth(stock),
            of_statistics = amqp.depth(statistics);
  const std::string shared = fresh("shared");
  amqp.declare(shared, {.passing = true});
  amqp.publish(shared, {kOrder, "order-17"});
  amqp.wait_confirmed();
  const int of_shared = amqp.depth(shared);
  story.claim(
      "12.9", of_mail == 2 && of_stock == 2 && of_statistics == 1 && of_shared == 1,
      "of 2 events mail got {}, stock got {}, and statistics, which joined between "
      "them, got {}. Control: listeners that share one queue share {} copy",
      of_mail, of_stock, of_statistics, of_shared);
  story.takeaway(
      "An event says what happened; who listens is not the sender's business.");
}

}  // namespace lab12
