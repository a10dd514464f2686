// calls.cpp: the synchronous style: a chain over HTTP, its deadline, and gRPC beside it.
#include <cmath>
#include <mutex>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/traffic.hpp"
#include "scenes/scenes.hpp"
#include "world/callers.hpp"
#include "world/grpc_orders.hpp"
#include "world/service_chain.hpp"

namespace lab12 {

using lab::Picture;
using lab::Story;
using lab::text::time;

namespace {

// The fastest of three: what the machine does beside is no cost of the chain.
Callers::Outcome best_call(std::size_t hops, milliseconds work) {
  const ServiceChain chain({.hops = hops, .work = work});
  Callers caller(chain.port(), 1);
  Callers::Outcome best = caller.order();
  for (int i = 0; i < 2; ++i) {
    const auto again = caller.order();
    if (again.time < best.time) best = again;
  }
  return best;
}

// The share of 400 orders, 50 at once, that went through.
double success_of(std::size_t hops, double each) {
  const ServiceChain chain({.hops = hops, .work = 1ms, .success = each});
  Callers callers(chain.port(), 50);
  int accepted = 0;
  for (int round = 0; round < 8; ++round) accepted += callers.order().accepted;
  return accepted / 400.0;
}

}  // namespace

void chain(Story& story, const Knobs& knobs) {
  const auto hops = kServices.size();
  const double each = *knobs.success / 100.0;
  story.say(
      "An order goes through one service, then through a chain of four. Each works for "
      "{}. The caller waits for the sum. Then each succeeds {} % of the time.",
      time(*knobs.work), *knobs.success);
  story.picture(Picture::sequence,
                {"caller", kServices[0], kServices[1], kServices[2], kServices[3]});
  lab::trace::actor("caller", lab::trace::Actor::client);
  const auto one = best_call(1, *knobs.work), four = best_call(hops, *knobs.work);
  const auto sum = hops * (*knobs.work - 1ms);  // a timer may fire that much early
  story.claim("12.1", four.accepted == 1 && four.time >= sum && one.time < sum,
              "the reply of four services came after {}. Control: one service's came "
              "after {}",
              time(four.time), time(one.time));
  const double alone = success_of(1, each), together = success_of(hops, each);
  const double expected = std::pow(each, hops);
  story.table({"400 orders",
               {"services", "accepted"},
               {{"1", lab::text::percent(alone)}, {"4", lab::text::percent(together)}}});
  story.claim(
      "12.3",
      std::abs(together - expected) < 0.1 && std::abs(alone - each) < 0.1 &&
          four.timer_ticks >= 3,
      "{} of 400 orders passed four services, and {} passed one; while the caller "
      "waited, a timer on its event loop fired {} times",
      lab::text::percent(together), lab::text::percent(alone), four.timer_ticks);
  story.nuance("12.3",
               "Synchronous means coupled in time: both must be up at the same moment. "
               "It does not mean that the event loop is blocked.");
  story.takeaway("In a chain the latencies add up and the success rates multiply.");
}

void deadline(Story& story, const Knobs& knobs) {
  const milliseconds patience = *knobs.work * 5 / 2;
  story.say(
      "The caller gives up after {}, which is enough for two of four services. First no "
      "service knows that, then each passes on the time that is left.",
      time(patience));
  story.picture(Picture::sequence,
                {"caller", kServices[0], kServices[1], kServices[2], kServices[3]});
  lab::trace::actor("caller", lab::trace::Actor::client);
  const auto work_of_last = [&](bool heeds) {
    const ServiceChain chain({.work = *knobs.work, .heeds_deadline = heeds});
    Callers(chain.port(), 1).order(Deadline(patience));
    // The others go on without the caller: until the last has worked, or surely has not.
    const Deadline over(heeds ? *knobs.work * 6 : 20s);
    while (chain.worked(3) == 0 && !over.has_passed()) std::this_thread::sleep_for(1ms);
    return chain.worked(3);
  };
  const int without = work_of_last(false), with = work_of_last(true);
  story.table({"Work of the fourth service, for nobody",
               {"deadline", "orders"},
               {{"stays with the caller", std::to_string(without)},
                {"travels", std::to_string(with)}}});
  story.claim("12.3", without == 1 && with == 0,
              "with the deadline passed on, the fourth service worked on {} of 1 orders "
              "whose caller had given up. Control: {} of 1 without",
              with, without);
  story.takeaway(
      "Pass on the time that is left, or services work for a caller that has gone.");
}

void connection(Story& story, const Knobs&) {
  constexpr int kCalls = 50;
  story.say(
      "50 orders are sent at once, and no reply comes before all have arrived: first as "
      "JSON over HTTP/1.1, then over gRPC. The kernel counts connections and bytes.");
  story.picture(Picture::bars, {"Connections for 50 calls at once"});
  std::mutex mutex;
  std::vector<lab::http::Server::Reply> held;
  lab::http::Server server([&](const auto&, lab::http::Server::Reply reply) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(reply));
    if (held.size() < kCalls) return;
    for (const auto& each : std::exchange(held, {}))
      each({.body = R"({"id":"order-17","accepted":true})",
            .content_type = "application/json"});
  });
  Callers callers(server.port(), kCalls);
  const int http_accepted = callers.order().accepted;
  const lab::Traffic http = lab::traffic_to(server.port());

  GrpcOrders grpc_orders;
  const int first = grpc_orders.place(1);  // opens the connection
  const lab::Traffic before = lab::traffic_to(grpc_orders.port());
  const int accepted = grpc_orders.place(kCalls);
  const lab::Traffic grpc = lab::traffic_to(grpc_orders.port());
  const auto bytes = [](std::uint64_t all) { return all / kCalls; };
  const auto http_bytes = bytes(http.sent + http.received);
  const auto grpc_bytes =
      bytes(grpc.sent + grpc.received - before.sent - before.received);
  story.table({"Connections for 50 calls at once",
               {"protocol", "bytes per call", "connections"},
               {{"HTTP/1.1 and JSON", std::to_string(http_bytes),
                 std::to_string(http.connections)},
                {"gRPC", std::to_string(grpc_bytes), std::to_string(grpc.connections)}}});
  story.claim("12.2",
              http_accepted == kCalls && first == 1 && accepted == kCalls &&
                  grpc.connections == 1 && http.connections == kCalls &&
                  grpc_bytes < http_bytes,
              "gRPC carried {} calls at once on {} connection, with {} bytes for each "
              "call and its reply. Control: HTTP/1.1 used {} connections and {} bytes",
              accepted, grpc.connections, grpc_bytes, http.connections, http_bytes);
  story.nuance("12.2",
               "One long-lived connection also means one server: a balancer that only "
               "balances connections never spreads its calls.");
  story.takeaway(
      "gRPC interleaves many calls on one connection; HTTP/1.1 needs a connection for "
      "each call in flight.");
}

}  // namespace lab12
