// Lab 13: saga
//
// Question  A transaction across services: how?
// Watch     The orchestrator is killed at every record of its log, and no money is lost.
// Run       ./lab run 13        ./lab run 13 --scene crashes
// Needs     PostgreSQL and Redis: the lab starts its own.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab13;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "13",
                       .name = "saga",
                       .question = "A transaction across services: how?",
                       .watch = "The orchestrator is killed at every record of its log, "
                                "and no money is lost.",
                       .claims = kClaims});
  lab.scene("commits", "Three databases, three commits, and a crash between them",
            commits);
  lab.scene("two-phase", "Two-phase commit, and the lock that stays", two_phase);
  lab.scene("saga", "A saga goes forward, and back when a step fails", saga);
  lab.scene("crashes", "The orchestrator is killed at every record of its log", crashes);
  lab.scene("isolation", "Two sagas on one account", isolation);
  lab.scene("outbox", "Commit and publish, cut apart", outbox);
  lab.scene("choreography", "No orchestrator: each event triggers the next step",
            choreography);
  return lab.run();
}
