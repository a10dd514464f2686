// Lab 14: circuit breaker
//
// Question  What does a circuit breaker do?
// Watch     While the breaker is open, no call leaves the process.
// Run       ./lab run 14        ./lab run 14 --live
// Needs     Nothing. The failing service is a real HTTP server of this lab.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab14;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "14",
                       .name = "circuit_breaker",
                       .question = "What does a circuit breaker do?",
                       .watch = "While the breaker is open, no call leaves the process. "
                                "Later a few trial calls decide whether it closes again.",
                       .claims = kClaims});
  lab.scene("closed", "Closed: every call passes, even the burst that trips it", closed);
  lab.scene("outage", "Open: what an outage costs without and with a breaker", outage);
  lab.scene("recovery", "Half-open: a few trial calls decide", recovery);
  lab.scene("brown-out", "A slow service counts as failing", brown_out);
  lab.scene("retries", "Retry around the breaker, or inside it", retries);
  lab.scene("one-each", "One breaker for each dependency", one_for_each);
  lab.live(live);
  return lab.run();
}
