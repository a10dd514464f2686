// Lab 01: the phases of the event loop
//
// Question  What are the phases of the event loop, and what runs in each?
// Watch     Every callback lands in its phase, in one order, iteration after iteration.
// Run       ./lab run 1        ./lab run 1 --times 200
// Needs     libuv (its static library: we look at the phases from inside).

#include <cstdlib>

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/experiments.hpp"

using namespace lab01;

int main(int argc, char** argv) {
  setenv("UV_THREADPOOL_SIZE", "4", 1);  // the default, whatever the shell has set
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "01",
       .name = "event_loop_phases",
       .question = "What are the phases of the event loop, and what runs in each?",
       .watch = "Watch every callback land in its phase, in one order.",
       .claims = kClaims});
  lab.scene("ring", "One iteration of the loop", ring);
  lab.scene("pending", "Where the pending phase shows", pending);
  lab.scene("overlap", "Many waits, one thread", overlap);
  lab.scene("threads", "Who needs the thread pool", threads);
  lab.scene("sleep", "Poll is where the loop sleeps", sleeping);
  lab.scene("timers", "A delay is a minimum", timers);
  lab.scene("immediates", "setImmediate or setTimeout(0)?", immediates);
  lab.scene("node", "Seven orders that Node has too", node);

  lab.order("from-main", "Both from the main program",
            [&] { return from_main(std::chrono::microseconds(*lab.knobs().busy)); });
  lab.order("from-io", "Both from inside I/O", from_io);
  return lab.run();
}
