// scaling.cpp: how many instances there are, and why.
#include <algorithm>
#include <set>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/runtimes.hpp"

namespace lab16 {

namespace {

int processes(const std::vector<Json>& calls) {
  std::set<int> pids;
  for (const Json& call : calls) pids.insert(call["pid"].get<int>());
  return static_cast<int>(pids.size());
}

// How many calls began in an instance that still had another one.
auto overlaps(const std::vector<Json>& calls) {
  return std::ranges::count_if(calls, [&](const Json& one) {
    return std::ranges::any_of(calls, [&](const Json& other) {
      return &one != &other && one["pid"] == other["pid"] &&
             one["begin"] >= other["begin"] && one["begin"] < other["end"];
    });
  });
}

}  // namespace

void scaling(Story& story, const Knobs& knobs) {
  const int burst = *knobs.requests;
  const std::string idle = lab::text::time(*knobs.idle);
  story.say(
      "A function is deployed. One request arrives, then {} at once, then none for {}. "
      "Count the processes: nobody has started a server.",
      burst, idle);
  story.picture(Picture::bars, {"Instances"});
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(), {.instances = burst, .idle = *knobs.idle});
  Stage kept(loop, "kept", native(), {.instances = burst});
  const int before = function.host.instances();
  const int one = processes({function.call()});
  const int many = processes(function.at_once(burst, "/work"));
  kept.at_once(burst, "/work");
  until(loop, [&] { return function.host.instances() == 0; });
  const int after = function.host.instances(), control = kept.host.instances();
  story.table({"Instances",
               {"when", "instances"},
               {{"before the first event", std::to_string(before)},
                {"for one request", std::to_string(one)},
                {fmt::format("for {} at once", burst), std::to_string(many)},
                {"after " + idle + " without any", std::to_string(after)},
                {"without an idle limit", std::to_string(control)}}});
  story.claim("16.1",
              before == 0 && one == 1 && many == burst && after == 0 && control == burst,
              "{} instances before the first event, {} for one request, {} for {} at "
              "once, {} after {} without any. Control: without an idle limit {} stayed",
              before, one, many, burst, after, idle, control);
  story.takeaway(
      "An instance starts because an event came, and goes when no more come. There are "
      "servers, but you do not manage them.");
}

void endpoint(Story& story, const Knobs& knobs) {
  const auto burst = static_cast<std::size_t>(*knobs.requests);
  story.say(
      "A gateway turns each HTTP request into one call. One instance is warm when {} "
      "requests arrive at once. Then {} more come one after another. How many cold "
      "starts?",
      burst, burst);
  story.picture(Picture::nodes, {"events", "instance 1", "limited 1"});
  lab::trace::actor("events", lab::trace::Actor::client);
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(), {.instances = *knobs.requests});
  Stage limited(loop, "limited", native(), {.instances = 1});
  function.call();
  std::vector<Json> calls = function.at_once(*knobs.requests, "/work");
  const int at_once = function.host.starts() - 1;
  while (calls.size() < 2 * burst) calls.push_back(function.call());
  const int in_a_row = function.host.starts() - 1 - at_once;
  const std::size_t served = limited.at_once(*knobs.requests, "/work").size();
  story.table({"Cold starts beside one warm instance",
               {"requests", "cold starts"},
               {{"at once", std::to_string(at_once)},
                {"one after another", std::to_string(in_a_row)}}});
  story.claim(
      "16.4",
      at_once == *knobs.requests - 1 && in_a_row == 0 && overlaps(calls) == 0 &&
          served == 1,
      "{} requests at once beside one warm instance took {} cold starts, {} in a row "
      "took {}, and {} calls overlapped in an instance. Control: of {} requests at once "
      "to a function limited to one instance, {} was served and the others got 429",
      burst, at_once, burst, in_a_row, overlaps(calls), burst, served);
  story.takeaway(
      "Concurrency here is the number of instances, and you pay for each while it "
      "waits. Give each one database connection, not a pool of ten.");
}

}  // namespace lab16
