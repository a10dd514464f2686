// Lab 07: worker threads against processes
//
// Question  Worker threads or cluster: which, when?
// Watch     A timer on the loop keeps firing while a worker computes.
// Run       ./lab run 7        ./lab run 7 --live
// Needs     libuv; two cores, or some scenes have little to show.

#include "claims.hpp"
#include "lab/core/program.hpp"
#include "scenes/scenes.hpp"
#include "world/worker_role.hpp"

using namespace lab07;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "07",
                       .name = "workers",
                       .question = "Worker threads or cluster: which, when?",
                       .watch = "Watch a timer that keeps firing while a worker "
                                "computes, and stops while the loop itself computes.",
                       .claims = kClaims});
  lab.scene("identity", "Processes and threads", identity);
  lab.scene("memory", "Who sees a write", memory);
  lab.scene("weight", "The memory that a worker costs", weight);
  lab.scene("crash", "One worker crashes", crash);
  lab.scene("counter", "Two threads, one number", counter);
  lab.scene("blur", "A long computation, and the loop meanwhile", blurred);
  lab.scene("scaling", "What a second worker process brings", scaling);
  lab.scene("node", "Eight experiments that Node plays too", node);
  lab.live(live);
  lab.role("worker", worker_main);
  return lab.run();
}
