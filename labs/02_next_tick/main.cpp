// Lab 02: nextTick against setImmediate
//
// Question  How do nextTick and setImmediate differ?
// Watch     A tick runs before the loop may go on; an immediate is a part of the loop.
// Run       ./lab run 2        ./lab run 2 --scene starving --hold 1000
// Needs     libuv.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab02;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "02",
                       .name = "next_tick",
                       .question = "How do nextTick and setImmediate differ?",
                       .watch = "Watch two queues being drained before the loop goes on.",
                       .claims = kClaims});
  lab.scene("before", "Before the loop", before);
  lab.scene("drain", "Between two callbacks", drain);
  lab.scene("outranks", "nextTick and setImmediate in one callback", outranks);
  lab.scene("starving", "A job that keeps rescheduling itself", starving);
  lab.scene("check", "Where setImmediate belongs", check);
  lab.scene("puzzles", "The puzzles that Node plays too", puzzles);
  return lab.run();
}
