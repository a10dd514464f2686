// Lab 08: uncaught errors
//
// Question  An exception nobody caught, a rejection nobody handled: what now?
// Watch     The same error ends one process, and leaves another alive with half a transfer.
// Run       ./lab run 8        ./lab run 8 --scene rules
// Needs     libuv.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/programs.hpp"
#include "world/service.hpp"

using namespace lab08;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "08",
       .name = "uncaught",
       .question = "An exception nobody caught, a rejection nobody handled: what now?",
       .watch = "Watch the same error end one process and leave another alive with half "
                "a transfer.",
       .claims = kClaims});

  lab.scene("deaths", "How an uncaught error ends a process", deaths);
  lab.scene("rules", "What Node does with 19 small programs", rules);
  lab.scene("catching", "Where try/catch and .catch() help", catching);
  lab.scene("state", "An error is swallowed, and the process goes on", state);
  lab.scene("restart", "Log, drain, exit, and be restarted", restart);
  lab.scene("crash-loop", "A service that crashes whenever it starts", crash_loop);
  lab.role("death", death_main);
  lab.role("program", program_main);
  lab.role("service", service_main);
  lab.role("doomed", [](auto) { return 1; });
  return lab.run();
}
