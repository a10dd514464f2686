// Lab 30: event emitter
//
// Question  What is an event emitter?
// Watch     emit is a function call: all listeners have run when it returns.
// Run       ./lab run 30        ./lab run 30 --scene leak --requests 5000
// Needs     libuv, for the servers; the emitter itself needs no loop.

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab30;

int main(int argc, char** argv) {
  lab::Program lab(
      argc, argv,
      {.number = "30",
       .name = "event_emitter",
       .question = "What is an event emitter?",
       .watch = "emit is a function call: all listeners have run when it returns."});
  const auto emits = lab.knob("emits", 200'000, 1, 5'000'000, "",
                              "in a row, while a timer is due (scene `stack`)");
  const auto requests = lab.knob("requests", 1000, 12, 100'000, "",
                                 "each adds a listener to what lives long (`leak`)");

  lab.scene("sample", "The sample", sample);
  lab.scene("order", "on, prepend, once, emit", order);
  lab.scene("stack", "On whose stack?", [=](Story& story) { stack(story, emits); });
  lab.scene("changes", "Added and removed while it emits", changes);
  lab.scene("errors", "What goes wrong", errors);
  lab.scene("leak", "The forgotten listener",
            [=](Story& story) { leak(story, requests); });
  lab.scene("gone", "Called after it went", gone);
  lab.scene("core", "What in the core is an emitter", core);
  lab.scene("node", "The scenes that Node plays too", node);
  return lab.run();
}
