// Lab 25: test-driven development
//
// Question  What is test-driven development?
// Watch     The same five tests go red, green, and stay green, while a table becomes a
//           rule. Then faults are planted, and six of them survive the five tests.
// Run       ./lab run 25        ./lab run 25 --scene mutants
// Needs     A C++ compiler: the kata is compiled while you watch.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab25;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "25",
                       .name = "tdd",
                       .question = "What is test-driven development?",
                       .watch = "Five tests turn red, then green, and stay green while a "
                                "table becomes a rule. Then we plant faults.",
                       .claims = kClaims});
  lab.scene("cycle", "Red, green, refactor", cycle);
  lab.scene("examples", "A table passes every example", examples);
  lab.scene("mutants", "What the tests do not catch", mutants);
  return lab.run();
}
