// Lab 30: event emitter
//
// Question  What is an event emitter?
// Watch     emit is a function call: all listeners have run when it returns.
// Run       ./lab run 30        ./lab run 30 --scene leak --requests 5000
// Needs     libuv, for the servers; the emitter itself needs no loop.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab30;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "30",
       .name = "event_emitter",
       .question = "What is an event emitter?",
       .watch = "emit calls its listeners as plain functions: all of them have "
                "run when it returns.",
       .claims = kClaims});
  lab.scene("node", "Who is called, and in which order", node);
  lab.scene("stack", "An emit is a function call", stack);
  lab.scene("leak", "Listeners that are never removed", leak);
  lab.scene("core", "What in Node's core is an emitter", core);
  return lab.run();
}
