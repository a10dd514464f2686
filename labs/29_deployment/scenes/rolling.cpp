// rolling.cpp: copies of the app under load, and how they are replaced.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/fleet.hpp"

namespace lab29 {

using lab::Picture;
using lab::Story;

namespace {

constexpr RolloutConfig kOneByOne{.replicas = 2, .max_surge = 1, .max_unavailable = 0};

void send_some(Fleet& fleet) {
  fleet.load(true);
  fleet.run_until([&] { return fleet.seen.sent >= 25; });
}

// Two copies are replaced under load. In each a request hangs that is never answered: it
// does not count as lost, but whoever waits for it waits for ever.
Fleet::Seen replace(std::string_view on_sigterm) {
  Fleet fleet(kOneByOne, {{"v1", {.version = "v1", .on_sigterm = on_sigterm}},
                          {"v2", {.version = "v2"}}});
  for (int i = 0; i < kOneByOne.replicas; ++i) fleet.send("/hang");
  send_some(fleet);
  fleet.update("v2");
  fleet.run_until([&] {
    return fleet.all_ready() && fleet.rollout().state() == RolloutState::steady;
  });
  fleet.settle();
  return fleet.seen;
}

}  // namespace

// What each way to shut down costs.
void shutdown(Story& story, const Knobs&) {
  story.say(
      "Two copies of the app are replaced while a request comes every {} ms, and on each "
      "of the two a request hangs. Only the way in which they shut down differs. The "
      "balancer hears of a removal {} ms after SIGTERM, and SIGKILL comes after {} ms.",
      kEvery.count(), kPropagation.count(), kGrace.count());
  const std::string title = "Lost requests by way to shut down";
  story.picture(Picture::bars, {title});
  lab::Table table{title, {"on SIGTERM", "the old copies ended by", "sent", "lost"}, {}};
  std::vector<Fleet::Seen> seen;
  for (const std::string_view way : kShutdowns) {
    seen.push_back(replace(way));
    std::vector<std::string> ends;
    for (const auto& [end, count] : seen.back().ends) ends.push_back(end);
    table.rows.push_back({std::string(way), fmt::format("{}", fmt::join(ends, ", ")),
                          std::to_string(seen.back().sent),
                          std::to_string(seen.back().lost)});
  }
  story.table(table);
  // On connections that are kept, an app that only stops accepting may lose none.
  const bool lossy = seen[0].lost > 0 && seen[1].lost > 0 && seen[3].lost > 0;
  const auto in_time = seen[5].ends == std::map<std::string, int>{{"exit 0", 2}};
  story.claim("29.9",
              lossy && seen[4].lost == 0 && seen[5].lost == 0 && in_time &&
                  seen[2].ends.contains("SIGKILL") && seen[4].ends.contains("SIGKILL"),
              "0 of {} requests were lost when the app waited for the balancer before it "
              "drained. Control: {} were lost with no handler, and {} when it drained at "
              "once",
              seen[4].sent + seen[5].sent, seen[0].lost, seen[3].lost);
  story.takeaway(
      "Fail readiness, go on serving until the balancer has heard of it, then drain, and "
      "exit at a deadline of your own before the platform's.");
}

void rollout(Story& story, const Knobs& knobs) {
  const RolloutConfig config{.replicas = *knobs.replicas,
                             .max_surge = *knobs.max_surge,
                             .max_unavailable = *knobs.max_unavailable,
                             .progress_deadline = 300ms};
  const int least = config.replicas - config.max_unavailable;
  story.say(
      "This is a model of a Deployment's controller on one machine, with real processes. "
      "{} copies are wanted, and one of them is killed. Version 2 replaces version 1, "
      "and "
      "version 3 never gets ready. At least {} copies should serve at any time.",
      config.replicas, least);
  story.picture(Picture::nodes, {"balancer"});
  Fleet fleet(config, {{"v1", {.version = "v1"}},
                       {"v2", {.version = "v2"}},
                       {"v3", {.version = "v3", .ready_after = milliseconds(-1)}}});
  fleet.kill_one();
  const bool replaced =
      fleet.run_until([&] { return fleet.seen.starts == 1 && fleet.all_ready(); });
  fleet.seen = {};

  send_some(fleet);
  fleet.update("v2");
  const auto steady = [&] { return fleet.rollout().state() == RolloutState::steady; };
  fleet.run_until(steady);
  fleet.settle();
  const Fleet::Seen good = fleet.seen;

  fleet.seen = {};
  send_some(fleet);
  fleet.update("v3");
  const bool stalled =
      fleet.run_until([&] { return fleet.rollout().state() == RolloutState::stalled; });
  const int still_ready = fleet.available();
  fleet.roll_back();
  fleet.run_until(steady);
  fleet.settle();
  const Fleet::Seen bad = fleet.seen;

  story.claim("29.9", replaced && good.least_available >= least && good.lost == 0,
              "after a SIGKILL there were {} copies again; at least {} were ready during "
              "the update, and {} of {} requests were lost",
              config.replicas, good.least_available, good.lost, good.sent);
  story.claim("29.9",
              stalled && still_ready >= least && bad.least_available >= least &&
                  bad.lost == 0 && fleet.rollout().version() == "v2",
              "version 3 never got ready, and the update stopped with {} ready copies of "
              "version 2; {} of {} requests were lost until it was rolled back",
              still_ready, bad.lost, bad.sent);
  story.takeaway(
      "Readiness is the brake of a rollout: without a probe that can fail, a broken "
      "version replaces all copies.");
}

}  // namespace lab29
