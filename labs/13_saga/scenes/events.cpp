// events.cpp: what is committed must be published, and what is published starts a step.

#include <algorithm>
#include <set>
#include <thread>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab13 {

namespace trace = lab::trace;

namespace {

// Takes an order and publishes it. A crash may come before the commit, between it and the
// publishing, and after that.
void take_order(bool has_outbox, int number, Cut cut) {
  Bus bus("outbox");
  Participant orders(Shop::url("orders"), order_steps());
  const std::string saga = std::to_string(number);
  const auto publish = [&](const Message& message) {
    bus.publish(message);
    cut();
  };
  cut();
  orders.handle({"orders", "create", saga, kLamp});
  cut();
  if (has_outbox) orders.relay(publish);
  if (!has_outbox) publish({saga, "create:done", kLamp});
}

struct Published {
  int orders, events, missing;
};

Published publish_and_crash(Shop& shop, bool has_outbox, int crashes) {
  shop.reset();
  Bus bus("outbox");
  for (int i = 0; i < crashes; ++i)
    Process([&] { take_order(has_outbox, i, {1 + i % 3}); }).killed();
  Participant restarted(Shop::url("orders"), {});
  // A row that a killed relay held is free once the server has noticed its end.
  while (has_outbox &&
         shop.ask("orders", "SELECT id FROM outbox WHERE NOT sent") != "none")
    restarted.relay([&](const Message& message) { bus.publish(message); });
  const int events = bus.count();
  std::set<std::string> heard;
  std::string at = "0";
  for (int i = 0; i < events; ++i) {
    const auto arrived = bus.after(at);
    at = arrived.id;
    heard.insert(arrived.saga);
  }
  bus.remove();
  const int orders = shop.at("orders").query("SELECT FROM orders").count();
  return {orders, events, orders - static_cast<int>(heard.size())};
}

}  // namespace

void outbox(Story& story, const Knobs& knobs) {
  const int cuts = story.quick() ? std::min(24, *knobs.cuts) : *knobs.cuts;
  story.say(
      "A service commits an order and then publishes it. {} such processes are killed, "
      "each at another point. Then we try it again, with the event in an outbox, in the "
      "same commit.",
      cuts);
  story.picture(Picture::bars, {"Commit and publish"});
  Shop shop;
  const Published dual = publish_and_crash(shop, false, cuts);
  const Published kept = publish_and_crash(shop, true, cuts);
  lab::Table table{
      "Commit and publish", {"way", "orders", "events", "without event"}, {}};
  for (const auto& [way, one] :
       {std::pair{"commit, then publish", dual}, {"outbox", kept}})
    table.rows.push_back(row(way, one.orders, one.events, one.missing));
  story.table(table);
  story.claim("13.4", kept.missing == 0 && kept.orders > 0 && dual.missing > 0,
              "with an outbox, {} of {} orders had no event. Control: when the service "
              "committed and then published, {} of {} had none",
              kept.missing, kept.orders, dual.missing, dual.orders);
  story.nuance("13.4",
               "The outbox delivers at least once: {} events for {} orders. So each "
               "consumer must recognize duplicates.",
               kept.events, kept.orders);
  story.takeaway(
      "Do not write to two systems one after the other. Write the event in the same "
      "transaction, and let a relay publish it.");
}

// Step 15: three processes and a stream. The payments service starts late, is killed after its
// commit, before it could publish or acknowledge anything, and is started again.
void choreography(Story& story, const Knobs&) {
  story.say(
      "Three services react to each other's events, and no process knows the chain. The "
      "payments service is down at first, starts, is killed after a commit, and starts "
      "again.");
  story.picture(Picture::nodes, {"customer", "orders", "payments", "stock"});
  Shop shop;
  Services services("choreography", true);
  Bus bus("choreography");
  const auto wait_for = [](const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!happened() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(1ms);
  };
  trace::actor("customer", trace::Actor::client);
  services.start("orders");
  services.start("stock");
  bus.publish({"1", "order:wanted", kLamp}, "customer");
  wait_for([&] { return bus.count() == 2; });
  const int without_payments = shop.steps();
  services.start("payments", {1}).killed();
  trace::state("payments", "killed");
  const int published = bus.count();
  services.start("payments");
  wait_for([&] { return shop.books("1").order == "CONFIRMED"; });
  const Books lamp = shop.books("1");
  bus.publish({"2", "order:wanted", "ann piano 30"}, "customer");
  wait_for([&] { return shop.books("2").order == "CANCELLED"; });
  const Books both = shop.books("2");
  const int steps = shop.steps(), by_message = shop.steps("cause ~ '^[0-9]+-[0-9]+$'");
  story.table({"Two orders without an orchestrator",
               {"order", "state", "paid"},
               {row("a lamp", lamp.order, lamp.paid),
                row("a piano, not shippable", both.order, both.paid - lamp.paid)}});
  story.claim("13.5",
              lamp.order == "CONFIRMED" && lamp.whole() && both.order == "CANCELLED" &&
                  both.paid == 60 && steps == 9 && by_message == steps &&
                  without_payments == 1 && published == 2,
              "{} of {} steps of two orders were started by a message. Control: while "
              "payments was down, {} of 5 steps was taken",
              by_message, steps, without_payments);
  story.nuance(
      "13.5",
      "With an orchestrator, commands trigger the steps, as in the earlier scenes.");
  story.takeaway(
      "With events you need no orchestrator, but the chain is spread over the services, "
      "and no process sees all of it.");
}

}  // namespace lab13
