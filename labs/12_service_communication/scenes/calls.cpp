// calls.cpp: the synchronous style: a chain over HTTP, its deadline, and gRPC beside it.
#include <cmath>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http_crowd.hpp"
#include "lab/net/traffic.hpp"
#include "scenes/scenes.hpp"
#include "world/grpc_orders.hpp"
#include "world/service_chain.hpp"

namespace lab12 {

using lab::http::Crowd;
using lab::text::percent;
using lab::text::time;

namespace {

// So many orders at once, several times over; the time is the best of them.
Crowd::Outcome call(const ChainOptions& options, int callers, int rounds) {
  const ServiceChain chain(options);
  Crowd crowd(chain.port(), callers);
  Crowd::Outcome all{.time = 1h};
  for (int round = 0; round < rounds; ++round) {
    if (callers == 1) arrow("caller", kServices[0]);
    const Crowd::Outcome once = crowd.send(order());
    if (callers == 1 && once.succeeded) arrow(kServices[0], "caller", "accepted");
    all = {all.succeeded + once.succeeded, all.timer_ticks + once.timer_ticks,
           std::min(all.time, once.time)};
  }
  return all;
}

void draw_chain(lab::Story& story) {
  story.picture(lab::Picture::sequence,
                {"caller", kServices[0], kServices[1], kServices[2], kServices[3]});
  lab::trace::actor("caller", lab::trace::Actor::client);
}

}  // namespace

void chain(lab::Story& story, const Knobs& knobs) {
  story.say(
      "An order goes through one service, and then through a chain of four. Each works "
      "for {}, so the caller waits for the sum. Then each succeeds 90 % of the time.",
      time(*knobs.work));
  draw_chain(story);
  next_case("one service");
  const auto one = call({.hops = 1, .work = *knobs.work}, 1, 3);
  next_case("a chain of four");
  const auto four = call({.work = *knobs.work}, 1, 3);
  const auto sum =
      kServices.size() * (*knobs.work - 1ms);  // a timer may be early by that
  story.claim("12.1", four.succeeded == 3 && four.time >= sum && one.time < sum,
              "the reply through four services came after {}. Control: through one "
              "service it came after {}",
              time(four.time), time(one.time));
  const double alone = call({1, 1ms, 0.9}, 50, 8).succeeded / 400.0;
  const double chained = call({4, 1ms, 0.9}, 50, 8).succeeded / 400.0;
  story.table({"400 orders",
               {"services", "succeeded"},
               {{"one", percent(alone)}, {"four", percent(chained)}}});
  story.claim("12.3",
              std::abs(chained - std::pow(0.9, 4)) < 0.1 && std::abs(alone - 0.9) < 0.1 &&
                  four.timer_ticks >= 3,
              "{} of 400 orders passed four services, and {} passed one. While the "
              "caller waited, a timer of its event loop fired {} times",
              percent(chained), percent(alone), four.timer_ticks);
  story.takeaway("In a chain the latencies add up and the success rates multiply.");
}

void deadline(lab::Story& story, const Knobs& knobs) {
  const milliseconds patience = *knobs.work * 5 / 2;
  story.say(
      "The caller gives up after {}, which is too short for four services. At first none "
      "of them knows that. Then each passes on the time that is left.",
      time(patience));
  draw_chain(story);
  const auto wasted = [&](bool heeds) {
    const ServiceChain chain({.work = *knobs.work, .heeds_deadline = heeds});
    next_case(heeds ? "each passes on the time that is left"
                    : "the deadline stays with the caller");
    arrow("caller", kServices[0]);
    const auto sent = Crowd(chain.port(), 1).send(order(Deadline(patience)), patience);
    if (!sent.succeeded) lab::trace::instant("gives up", {.lane = "caller"});
    // The services go on: until the last one has worked, or would have.
    const Deadline over(heeds ? *knobs.work * 4 : 20s);
    while (!chain.worked_last() && !over.has_passed()) std::this_thread::sleep_for(1ms);
    return chain.worked_last();
  };
  const int without = wasted(false), with = wasted(true);
  story.table({"Orders that the fourth service worked on for nobody",
               {"deadline", "orders"},
               {{"stays with the caller", std::to_string(without)},
                {"travels", std::to_string(with)}}});
  story.claim("12.3", without == 1 && with == 0,
              "the fourth service worked on {} orders after the caller had given up. "
              "Control: it worked on {} when no deadline was passed on",
              with, without);
  story.takeaway(
      "Pass on the time that is left, so that no service works for a caller that is "
      "gone.");
}

void connection(lab::Story& story, const Knobs&) {
  constexpr int kCalls = 50;
  story.say(
      "50 orders are sent at once, first as JSON over HTTP/1.1 and then over gRPC. No "
      "reply comes before all have arrived. The kernel counts connections and bytes.");
  story.picture(lab::Picture::bars, {"50 calls at once"});
  std::vector<lab::http::Server::Reply> held;
  lab::http::Server server([&](const auto&, lab::http::Server::Reply reply) {
    held.push_back(std::move(reply));
    if (held.size() < kCalls) return;
    for (const auto& each : held) each({.body = R"({"id":"order-17","accepted":true})"});
  });
  Crowd crowd(server.port(), kCalls);
  const int over_http = crowd.send(order()).succeeded;
  const lab::Traffic http = lab::traffic_to(server.port());
  GrpcOrders orders;
  orders.place(1);  // opens the connection
  const lab::Traffic before = lab::traffic_to(orders.port());
  const int over_grpc = orders.place(kCalls);
  const lab::Traffic grpc = lab::traffic_to(orders.port());
  const auto http_bytes = (http.sent + http.received) / kCalls;
  const auto grpc_bytes =
      (grpc.sent + grpc.received - before.sent - before.received) / kCalls;
  story.table({"50 calls at once",
               {"protocol", "bytes for each call", "connections"},
               {{"HTTP", std::to_string(http_bytes), std::to_string(http.connections)},
                {"gRPC", std::to_string(grpc_bytes), std::to_string(grpc.connections)}}});
  story.claim("12.2",
              over_http == kCalls && over_grpc == kCalls && http.connections == kCalls &&
                  grpc.connections == 1 && grpc_bytes < http_bytes,
              "gRPC carried {} calls at once on {} connection, with {} bytes for each. "
              "Control: HTTP/1.1 and JSON took {} connections, and {} bytes for each",
              over_grpc, grpc.connections, grpc_bytes, http.connections, http_bytes);
  story.takeaway(
      "gRPC interleaves many calls on one connection. HTTP/1.1 has one call at a time on "
      "each.");
}

}  // namespace lab12
