// scaling.cpp: how many instances there are, and why.
#include <algorithm>
#include <list>
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/uv_http_client.hpp"
#include "scenes/scenes.hpp"
#include "scenes/stage.hpp"
#include "world/runtimes.hpp"
#include "world/triggers.hpp"

namespace lab16 {

namespace {

const std::string kWork = R"({"work":true})";

// So many requests at once, and the bodies of their replies.
std::vector<Json> get(lab::uv::Loop& loop, std::uint16_t port, int count) {
  std::list<lab::uv::HttpClient> clients;
  std::vector<Json> bodies;
  int ended = 0;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(loop, port)
        .request({}, 30s, [&](const lab::http::Result& result) {
          ++ended;
          const auto* reply = std::get_if<lab::http::Response>(&result);
          if (reply && reply->status == 200) bodies.push_back(Json::parse(reply->body));
        });
  }
  until(loop, [&] { return ended == count; });
  return bodies;
}

// How many of these requests one ordinary server has at the same time.
int most_in_one_server(lab::uv::Loop& loop, int count) {
  int inside = 0, most = 0;
  std::list<lab::uv::Timer> timers;
  lab::uv::HttpServer server(loop, [&](const lab::http::Request&, auto reply) {
    most = std::max(most, ++inside);
    timers.emplace_back(loop).start(300ms, [&inside, reply] {
      --inside;
      reply({.body = "{}"});
    });
  });
  get(loop, server.listen(), count);
  return most;
}

// Of all pairs of calls in one instance, how many overlap.
int overlaps(const std::vector<Json>& calls) {
  int count = 0;
  for (const Json& one : calls)
    for (const Json& other : calls)
      count += &one != &other && one["pid"] == other["pid"] &&
               one["begin"] <= other["begin"] && other["begin"] < one["end"];
  return count;
}

}  // namespace

void scaling(Story& story, const Knobs& knobs) {
  const int burst = *knobs.requests;
  story.say(
      "A function is deployed. One request arrives, then {} at once, then none for {}. "
      "Count the processes: nobody has started a server.",
      burst, lab::text::time(*knobs.idle));
  story.picture(Picture::bars, {"Instances"});
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(),
                 {.instances = burst, .idle = *knobs.idle, .deadline = 30s});
  Stage kept(loop, "kept", native(), {.instances = burst, .deadline = 30s});
  pause(loop, 50ms);
  const int before = function.host().instances();
  function.call();
  const int one = function.host().instances();
  function.at_once(burst, kWork);
  const int many = function.host().instances();
  kept.at_once(burst, kWork);
  pause(loop, *knobs.idle);
  until(loop, [&] { return function.host().instances() == 0; });
  const int after = function.host().instances(), control = kept.host().instances();
  story.table({"Instances",
               {"when", "instances"},
               {{"before the first event", std::to_string(before)},
                {"after one request", std::to_string(one)},
                {fmt::format("after {} at once", burst), std::to_string(many)},
                {"after the idle time", std::to_string(after)},
                {"without an idle limit", std::to_string(control)}}});
  story.claim("16.1",
              before == 0 && one == 1 && many == burst && after == 0 && control == burst,
              "{} instances before the first event, {} after one request, {} after {} at "
              "once, {} after {} without any. Control: without an idle limit {} stayed",
              before, one, many, burst, after, lab::text::time(*knobs.idle), control);
  story.nuance("16.1",
               "There are servers. You do not manage them, and you do not pay for them "
               "while no event comes.");
  story.takeaway(
      "An instance starts because an event came, and goes when no more come. Whoever "
      "arrives while none is free waits for a cold start.");
}

void endpoint(Story& story, const Knobs& knobs) {
  const int burst = *knobs.requests;
  story.say(
      "A gateway turns each HTTP request into one call. One instance is warm when {} "
      "requests arrive at once; then {} more come one after another. How many cold "
      "starts?",
      burst, burst);
  story.picture(Picture::nodes);
  lab::trace::actor("events", lab::trace::Actor::client);
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(), {.instances = burst, .deadline = 30s});
  Gateway gateway(loop, function.host());
  std::vector<Json> calls = get(loop, gateway.port(), 1);
  const int warm = function.host().starts();
  std::ranges::copy(get(loop, gateway.port(), burst), std::back_inserter(calls));
  const int at_once = function.host().starts() - warm;
  for (int i = 0; i < burst; ++i)
    std::ranges::copy(get(loop, gateway.port(), 1), std::back_inserter(calls));
  const int in_a_row = function.host().starts() - warm - at_once;
  const int ordinary = most_in_one_server(loop, burst);
  const int together = overlaps(calls);
  story.table({"Cold starts with one warm instance",
               {"requests", "cold starts"},
               {{"at once", std::to_string(at_once)},
                {"one after another", std::to_string(in_a_row)}}});
  story.claim(
      "16.4",
      calls.size() == static_cast<std::size_t>(1 + 2 * burst) && at_once == burst - 1 &&
          in_a_row == 0 && together == 0 && ordinary == burst,
      "{} requests at once with one warm instance were {} cold starts, {} in a row "
      "were {}, and {} calls overlapped in an instance. Control: an ordinary server "
      "had {} requests in one process at once",
      burst, at_once, burst, in_a_row, together, ordinary);
  story.nuance("16.4",
               "Node could serve all of them in one process while they wait. Here each "
               "waits in an instance of its own, and you pay for the waiting.");
  story.takeaway(
      "Concurrency is the number of instances. So each needs few connections: many "
      "instances with a pool of ten would exhaust a database.");
}

}  // namespace lab16
