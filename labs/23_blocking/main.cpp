// Lab 23: do not block the event loop
//
// Question  Why must the loop never be blocked?
// Watch     While one job computes, nobody else is served; cut into slices, everybody is.
// Run       ./lab run 23
// Needs     libuv, Boost.Regex, RE2; two cores, or a worker has nowhere to run.

#include <csignal>

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/service.hpp"

using namespace lab23;

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is a status, not the end
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "23",
       .name = "blocking",
       .question = "Why must the loop never be blocked?",
       .watch = "While one job computes on the loop, nobody else is served. In slices, "
                "everybody is.",
       .claims = kClaims});
  lab.scene("offences", "Two jobs that block the loop", offences);
  lab.scene("engines", "A regular expression that blocks the loop", engines);
  lab.scene("others", "Clients that arrive while the loop is blocked", others);
  lab.scene("cures", "One sum, run in six ways", cures);
  lab.scene("lag", "How you notice, and what the meter misses", lag);
  lab.role("service", service_main);
  return lab.run();
}
