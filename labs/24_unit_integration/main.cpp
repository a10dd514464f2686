// Lab 24: unit tests and integration tests
//
// Question  Unit tests or integration tests?
// Watch     Five faults, five suites: each kind of test notices what the others do not.
// Run       ./lab run 24        ./lab run 24 --scene lights
// Needs     GoogleTest and PostgreSQL; a private server is started.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/suites.hpp"

using namespace lab24;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "24",
                       .name = "unit_integration",
                       .question = "Unit tests or integration tests?",
                       .watch = "Five faults are planted. Each kind of test notices some "
                                "of them, and no kind notices all.",
                       .claims = kClaims});
  lab.role(kCounter, count_calls_of);
  lab.scene("lights", "What each kind of test notices", lights);
  lab.scene("cost", "What a test costs", cost);
  lab.scene("port", "A request to a port of its own", port);
  lab.scene("trust", "Green tests that prove nothing", trust);
  return lab.run();
}
