// Lab 01: the phases of the event loop
//
// Question  What are the phases of the event loop, and what runs in each?
// Watch     Every callback lands in its phase, in one order, turn after turn.
// Run       ./lab run 1        ./lab run 1 --times 200
// Needs     libuv (its static library: we look at the phases from inside).

#include <cstdlib>

#include "experiments.hpp"
#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab01;
using namespace std::chrono_literals;
using lab::Story;

// Step 1: the story of the lab, scene by scene.
int main(int argc, char** argv) {
  setenv("UV_THREADPOOL_SIZE", "4", 1);  // the default, whatever the shell has set
  lab::Program lab(
      argc, argv,
      {.number = "01",
       .name = "event_loop_phases",
       .question = "What are the phases of the event loop, and what runs in each?",
       .watch = "Watch every callback land in its phase, in one order."});
  const auto connections =
      lab.knob("connections", 200, 10, 400, "", "sockets that wait at the same time");
  const auto delay = lab.knob("delay", 100ms, 10ms, 1000ms, "ms", "what each waits for");
  const auto busy = lab.knob("busy", 400, 0, 5000, "us",
                             "work of the main program before its loop starts");

  lab.scene("ring", "One turn of the loop", ring);
  lab.scene("modes", "The same loop, run once or without waiting", modes);
  lab.scene("pending", "Where the pending phase shows", pending);
  lab.scene("closing", "The closing phase", closing);
  lab.scene("overlap", "Many waits, one thread",
            [=](Story& story) { overlap(story, connections, delay); });
  lab.scene("threads", "Who needs the thread pool", threads);
  lab.scene("sleep", "Poll is where the loop sleeps", sleeping);
  lab.scene("timers", "Timers are thresholds", timers);
  lab.scene("immediates", "setImmediate or setTimeout(0)?",
            [=](Story& story) { immediates(story, busy); });
  lab.scene("node", "The scenes that Node plays too", node);

  lab.order("from-main", "Both from the main program",
            [=] { return from_main(std::chrono::microseconds(*busy)); });
  lab.order("from-io", "Both from inside I/O", from_io);
  return lab.run();
}
