// Lab 27: semantic versions
//
// Question  What does a semantic version promise?
// Watch     One program, never rebuilt, meets five releases of a real shared library.
// Run       ./lab run 27        ./lab run 27 --scene surprises
// Needs     nm, which g++ brings along. Versions and ranges are common/include/lab/semver.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab27;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "27",
       .name = "semver",
       .question = "What does a semantic version promise?",
       .watch = "One program, which is never rebuilt, runs with five releases of a "
                "real shared library.",
       .claims = kClaims});
  lab.scene("order", "Three numbers, in order", order);
  lab.scene("patch", "A patch release: the bug is gone", patch);
  lab.scene("minor", "A minor release: something new", minor);
  lab.scene("major", "A major release: something is gone", major);
  lab.scene("caret", "What ^1.2.3 allows", caret);
  lab.scene("tilde", "What ~1.2.3 allows", tilde);
  lab.scene("surprises", "Ranges that surprise", surprises);
  return lab.run();
}
