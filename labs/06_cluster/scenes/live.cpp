// live.cpp: a cluster that restarts its workers, to be broken by hand.
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/load.hpp"

namespace lab06 {

namespace trace = lab::trace;

void live(Story& story, const Knobs& knobs) {
  story.say(
      "Four clients keep sending requests to {} workers. Kill a worker: its requests are "
      "lost, and the primary starts another. Freeze a worker: its requests wait.",
      *knobs.workers);
  story.picture(Picture::nodes, {"clients", "primary", "worker 1", "worker 2"});
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.workers = *knobs.workers, .restart = true}, drawn());
  int failed = 0;
  load(loop, cluster.port(),
       {.target = "/wait",
        .clients = 4,
        .requests = 1,
        .keep_alive = false,
        .enough = [] { return lab::Program::stopped(); }},
       [&](const LoadResult& so_far) {
         if (so_far.failed == failed) return;
         failed = so_far.failed;
         trace::counter("failed", failed, {.lane = "clients"});
       });
}

}  // namespace lab06
