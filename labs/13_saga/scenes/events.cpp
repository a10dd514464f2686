// events.cpp: what is committed must be published, and what is published starts a step.
#include <fmt/format.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "lab/core/trace.hpp"
#include "lab/db/redis_server.hpp"
#include "scenes/scenes.hpp"

namespace lab13 {

namespace trace = lab::trace;

namespace {

// A stream of this run's own, on a Redis that others may use too. REQUIRES: the lab's first
// process asks first.
Events stream(const std::string& name) {
  static const lab::RedisServer redis;
  static const pid_t run = getpid();
  return {redis.url(), fmt::format("lab13:{}:{}", run, name)};
}

// Takes two orders and publishes each. A crash may come before a commit, between it and the
// publishing, and after that.
void take_orders(bool has_outbox, int number, Events events, Cut cut) {
  Participant orders(Shop::url("orders"), actions_of("orders"));
  const auto publish = [&](const Message& message) {
    events.publish(message);
    cut();
  };
  for (int i = 0; i < 2; ++i) {
    const std::string saga = fmt::format("{}-{}", number, i);
    cut();
    orders.handle({"orders", "create", saga, kLamp});
    cut();
    if (has_outbox) orders.relay(publish);
    if (!has_outbox) publish({saga, "create:done", kLamp});
  }
}

struct Published {
  int orders, events, missing;
};

Published publish_and_crash(Shop& shop, bool has_outbox, int crashes) {
  shop.reset();
  Events events = stream(has_outbox ? "outbox" : "dual write");
  for (int i = 0; i < crashes; ++i) {
    Process([&] {
      take_orders(has_outbox, i, stream(has_outbox ? "outbox" : "dual write"),
                  {1 + i % 6});
    }).killed();
  }
  Participant restarted(Shop::url("orders"), {});
  // A row that a killed relay held is free once the server has noticed its end.
  while (has_outbox &&
         shop.ask("orders", "SELECT id FROM outbox WHERE NOT sent") != "none")
    restarted.relay([&](const Message& message) { events.publish(message); });
  std::set<std::string> heard;
  while (events.handle("reader", [&](auto&, const Message& message, auto) {
    heard.insert(message.saga);
  })) {
  }
  const int orders = shop.at("orders").query("SELECT FROM orders").count();
  const int published = events.count();
  events.remove();
  return {orders, published, orders - static_cast<int>(heard.size())};
}

}  // namespace

void outbox(Story& story, const Knobs& knobs) {
  story.say(
      "A service commits an order and then publishes it. {} such processes are killed, "
      "at one point after the other. Then the event goes into an outbox, in the same "
      "commit.",
      *knobs.cuts);
  story.picture(Picture::bars, {"Commit and publish"});
  Shop shop;
  const Published dual = publish_and_crash(shop, false, *knobs.cuts);
  const Published kept = publish_and_crash(shop, true, *knobs.cuts);
  lab::Table table{
      "Commit and publish", {"way", "orders", "events", "without event"}, {}};
  for (const auto& [way, one] :
       {std::pair{"commit, then publish", dual}, {"outbox", kept}})
    table.rows.push_back({way, std::to_string(one.orders), std::to_string(one.events),
                          std::to_string(one.missing)});
  story.table(table);
  story.claim("13.4", kept.missing == 0 && kept.orders > 0 && dual.missing > 0,
              "with an outbox {} of {} orders were left without an event. Control: {} of "
              "{} if the service commits and then publishes",
              kept.missing, kept.orders, dual.missing, dual.orders);
  story.nuance("13.4",
               "The outbox delivers at least once: {} events for {} orders. So each "
               "consumer must recognize a repetition.",
               kept.events, kept.orders);
  story.takeaway(
      "Never write to two systems in a row. Write the event into the same transaction "
      "and "
      "let a relay publish it.");
}

// Step 15: three processes and a stream. Payments is away, comes, is killed after its commit,
// before it could publish or acknowledge anything, and comes again.
void choreography(Story& story, const Knobs&) {
  story.say(
      "Three services react to each other's events, and no process knows the chain. "
      "Payments is away, comes, is killed after its commit, and comes again.");
  story.picture(Picture::nodes, {"customer", "orders", "payments", "stock"});
  Shop shop;
  Events events = stream("choreography");
  const auto start = [&](const std::string& name, int cut = 0) {
    auto process =
        std::make_unique<Process>([&] { follow(name, stream("choreography"), {cut}); });
    trace::actor(name, trace::Actor::process, process->pid());
    trace::state(name, "up");
    return process;
  };
  const auto wait_for = [](const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!happened() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(1ms);
  };
  const auto place = [&](const char* saga, const char* input) {
    events.publish({saga, "order:wanted", input}, "customer");
  };
  trace::actor("customer", trace::Actor::client);
  const auto orders = start("orders"), stock = start("stock");
  place("1", kLamp);
  wait_for([&] { return events.count() == 2; });
  const int without_payments = shop.steps();
  start("payments", 1)->killed();
  trace::state("payments", "killed");
  const int published = events.count();
  const auto payments = start("payments");
  wait_for([&] { return shop.books("1").order == "CONFIRMED"; });
  const Books lamp = shop.books("1");
  place("2", "ann piano 30");
  wait_for([&] { return shop.books("2").order == "CANCELLED"; });
  const Books both = shop.books("2");
  const int steps = shop.steps(), by_message = shop.steps("cause ~ '^[0-9]+-[0-9]+$'");
  events.remove();
  story.table({"Two orders without an orchestrator",
               {"order", "state", "paid"},
               {{"a lamp", lamp.order, std::to_string(lamp.paid)},
                {"a piano, which cannot be shipped", both.order,
                 std::to_string(both.paid - lamp.paid)}}});
  story.claim("13.5",
              lamp.order == "CONFIRMED" && lamp.whole() && both.order == "CANCELLED" &&
                  both.paid == 60 && steps == 9 && by_message == steps &&
                  without_payments == 1 && published == 2,
              "{} of {} steps of two orders were started by a message. Control: while "
              "payments was away, {} of 5 steps was taken",
              by_message, steps, without_payments);
  story.nuance(
      "13.5",
      "With an orchestrator, commands trigger the steps, as in the scenes before "
      "this one.");
  story.takeaway(
      "Events need no orchestrator, but then the chain is spread over the services and "
      "nobody sees all of it.");
}

}  // namespace lab13
