// queues.cpp: the asynchronous style with RabbitMQ: decoupled, absorbed, and to many.
#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http_crowd.hpp"
#include "scenes/scenes.hpp"
#include "world/payments.hpp"
#include "world/service_chain.hpp"

namespace lab12 {

namespace trace = lab::trace;
using lab::text::time;

void consumer_down(lab::Story& story, const Knobs&) {
  constexpr int kOrders = 30;
  story.say(
      "RabbitMQ starts, which takes some seconds. A service publishes {0} orders while "
      "their consumer is up, and {0} more after we kill it. Then a new consumer takes "
      "over.",
      kOrders);
  story.picture(lab::Picture::curves, {"orders confirmed", "broker waiting"});
  for (const char* who : {"orders", "broker", "payments"})
    trace::actor(who, trace::Actor::service);
  Payments payments({});
  int confirmed = 0;
  const auto depth = [&] {
    const int orders = payments.sender.depth(payments.habits.queue);
    trace::counter("waiting", orders, {.lane = "broker"});
    return orders;
  };
  const auto publish = [&](int orders) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < orders; ++i) {
      payments.publish(std::to_string(++confirmed));
      trace::counter("confirmed", confirmed, {.lane = "orders"});
      depth();
    }
    return std::chrono::steady_clock::now() - began;
  };
  const auto wait_charged = [&] {
    for (const Deadline over(20s); payments.charged() < confirmed && !over.has_passed();)
      std::this_thread::sleep_for(1ms);
    depth();
  };
  const auto happens = [](const char* state, const char* what) {
    trace::state("payments", state);
    trace::instant(what, {.lane = "broker"});
  };
  lab::Child consumer = payments_process(payments.habits);
  auto while_up = publish(1);
  wait_charged();  // until then its process starts
  happens("up", "consumer up");
  while_up += publish(kOrders - 1);
  wait_charged();
  consumer.kill(SIGKILL);
  consumer.wait();
  happens("killed", "killed");
  const auto while_down = publish(kOrders);
  const int waiting = depth();
  payments.inbox.consume(payments.habits.queue, 1);
  happens("up again", "new consumer");
  while (payments.charged() < confirmed && payments.take().came) {
    depth();
  }
  if (depth() == 0) trace::state("payments", "has caught up");
  lab::http::Server direct([](const auto&, auto reply) { reply({}); });
  direct.refuse(true);
  const int called = lab::http::Crowd(direct.port(), 20).send(order()).succeeded;
  story.claim("12.4", waiting >= kOrders && payments.charged() == confirmed,
              "{} confirmed orders waited for a consumer, and {} of {} were charged",
              waiting, payments.charged(), confirmed);
  story.claim("12.7", confirmed == 2 * kOrders && called == 0,
              "{} of {} orders were confirmed, the first half with the consumer up in "
              "{}, and the second with it down in {}. Control: {} of 20 HTTP calls to a "
              "service that is down succeeded",
              confirmed, 2 * kOrders, time(while_up), time(while_down), called);
  story.takeaway(
      "As long as the broker is up, the sender goes on. It does not need to know its "
      "consumer.");
}

void burst(lab::Story& story, const Knobs&) {
  constexpr int kOrders = 300;
  story.say(
      "{} messages arrive at once for a consumer that needs 2 ms for each. Then 50 HTTP "
      "calls arrive at once at a service that can hold 10.",
      kOrders);
  story.picture(lab::Picture::curves, {"waiting", "in work"});
  Payments payments({});
  payments.inbox.consume(payments.habits.queue, 1);
  for (int i = 0; i < kOrders; ++i)
    payments.sender.publish(payments.habits.queue, {"order"});
  payments.sender.wait_confirmed();
  const auto began = std::chrono::steady_clock::now();
  std::vector<int> depths{payments.sender.depth(payments.habits.queue)};
  std::atomic<int> done = 0;
  auto consumer = std::async(std::launch::async, [&] {
    while (done < kOrders) {
      const auto delivery = payments.inbox.next(15s);
      if (!delivery) return;
      std::this_thread::sleep_for(2ms);
      ++done;
      payments.inbox.acknowledge(*delivery);
    }
  });
  int most = 0;  // with the consumer at a time: orders that neither wait nor are done
  while (consumer.wait_for(10ms) == std::future_status::timeout) {
    depths.push_back(payments.sender.depth(payments.habits.queue));
    const int in_work = kOrders - depths.back() - done;
    most = std::max(most, in_work);
    trace::counter("waiting", depths.back());
    trace::counter("in work", std::max(0, in_work));
  }
  consumer.get();
  const auto drained = std::chrono::steady_clock::now() - began;
  int held = 0;
  lab::http::Server direct([&](const auto&, auto reply) {
    if (++held > 10) return reply({.status = 503});
    direct.run_after(held * 2ms, [reply] { reply({}); });
  });
  const int called = lab::http::Crowd(direct.port(), 50).send(order()).succeeded;
  story.claim("12.8",
              done == kOrders && most <= 1 && depths.front() > kOrders / 2 &&
                  std::ranges::is_sorted(depths, std::greater()),
              "{} of {} orders were done, in {}: {} waited after the burst, their number "
              "only fell, and the broker gave the consumer {} at a time. Control: {} of "
              "50 HTTP calls were accepted",
              done.load(), kOrders, time(drained), depths.front(), most, called);
  story.nuance("12.8",
               "If the backlog never shrinks, the consumer is overloaded, and no queue "
               "cures that.");
  story.takeaway("A queue turns a burst into waiting time.");
}

void fan_out(lab::Story& story, const Knobs&) {
  story.say(
      "A service emits \"order placed\" twice. Mail and stock listen, each on its own "
      "queue. Statistics joins before the second event.");
  constexpr const char* kShared = "one queue for all";
  story.picture(lab::Picture::nodes, {"orders", "control", "exchange", kShared, "mail",
                                      "stock", "statistics"});
  for (const char* who : {"orders", "control", "exchange", kShared})
    trace::actor(who, trace::Actor::service);
  lab::Amqp amqp = connect_amqp();
  const std::string placed = fresh("placed");
  amqp.declare_fanout(placed);
  const auto copies_in = [&](const std::string& listener) {
    const int count = amqp.depth(placed + listener);
    trace::counter("in its queue", count, {.lane = listener});
    return count;
  };
  std::vector<std::string> listeners;
  const auto join = [&](const std::string& listener) {
    trace::actor(listener, trace::Actor::service);
    amqp.declare(placed + listener, {.passing = true});
    amqp.bind(placed + listener, placed);
    copies_in(listener);
    listeners.push_back(listener);
  };
  const auto emit = [&] {
    amqp.emit(placed, {"order 17 was placed"});
    amqp.wait_confirmed();
    arrow("orders", "exchange");
    for (const std::string& listener : listeners) {
      arrow("exchange", listener, "copy");
      copies_in(listener);
    }
  };
  join("mail");
  join("stock");
  emit();
  join("statistics");
  emit();
  std::vector<int> copies;
  for (const std::string& listener : listeners) copies.push_back(copies_in(listener));
  amqp.declare(placed + kShared, {.passing = true});
  copies_in(kShared);
  amqp.publish(placed + kShared, {"order 17 was placed"});
  amqp.wait_confirmed();
  arrow("control", kShared);
  const int shared = copies_in(kShared);
  story.claim("12.9", copies == std::vector{2, 2, 1} && shared == 1,
              "of two events mail got {}, stock got {}, and statistics, which joined "
              "between them, got {}. Control: the consumers of one queue share {} copy",
              copies[0], copies[1], copies[2], shared);
  story.takeaway(
      "An event says what happened. The sender does not need to know who listens.");
}

}  // namespace lab12
