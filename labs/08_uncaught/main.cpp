// Lab 08: uncaught errors
//
// Question  An exception nobody caught, a rejection nobody handled: what now?
// Watch     The same error ends one process, and leaves another alive with half a transfer.
// Run       ./lab run 8        ./lab run 8 --scene rules
// Needs     libuv, Boost.Stacktrace.

#include "crash_report.hpp"
#include "lab/program.hpp"
#include "programs.hpp"
#include "scenes.hpp"
#include "service.hpp"

using namespace lab08;

int main(int argc, char** argv) {
  lab::Program lab(
      argc, argv,
      {.number = "08",
       .name = "uncaught",
       .question = "An exception nobody caught, a rejection nobody handled: what now?",
       .watch = "The same error ends one process, and leaves another alive with half a "
                "transfer."});

  const auto restarts =
      lab.knob("restarts", 4, 1, 50, "", "allowed in a minute (scene `crash-loop`)");

  lab.scene("deaths", "How a C++ process ends", deaths);
  lab.scene("rules", "What Node does, on a loop of our own", rules);
  lab.scene("state", "Swallowed", state);
  lab.scene("restart", "Log, then restart", restart);
  lab.scene("crash-loop", "A service that never lasts",
            [=](Story& story) { crash_loop(story, restarts); });
  lab.scene("drain", "The last half second", drain);
  lab.role("death", death_main);
  lab.role("program", program_main);
  lab.role("service", service_main);
  lab.role("doomed", [](auto) { return 1; });
  return lab.run();
}
