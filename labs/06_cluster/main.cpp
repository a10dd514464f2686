// Lab 06: the cluster module
//
// Question  How does cluster use all the cores?
// Watch     All workers are replaced under load, and not one request fails.
// Run       ./lab run 6        ./lab run 6 --scene rolling        ./lab run 6 --live
// Needs     libuv, Boost.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/app.hpp"

using namespace lab06;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "06",
       .name = "cluster",
       .question = "How does cluster use all the cores?",
       .watch = "All workers are replaced under load, and not one request fails.",
       .claims = kClaims});
  lab.scene("one-core", "One process, one core", one_core);
  lab.scene("port", "Several processes, one port", one_port);
  lab.scene("distribution", "Which worker gets which connection", distribution);
  lab.scene("killed", "A worker is killed", killed);
  lab.scene("crash-loop", "A worker that never lasts", crash_loop);
  lab.scene("rolling", "All workers are replaced under load", rolling);
  lab.scene("scaling", "What a second worker brings", scaling);
  lab.live(live);
  lab.role("worker", worker_main);
  lab.role("control", control_main);
  lab.role("doomed", doomed_main);
  return lab.run();
}
