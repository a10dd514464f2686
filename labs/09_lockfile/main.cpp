// Lab 09: lockfile
//
// Question  What is a lockfile for?
// Watch     The same package.json, installed again after new releases: with the lock, and
//           without.
// Run       ./lab run 9        ./lab run 9 --scene ci
// Needs     libuv and Boost for the registry, OpenSSL for the hashes, tar.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab09;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "09",
                       .name = "lockfile",
                       .question = "What is a lockfile for?",
                       .watch = "Watch the same package.json installed again after new "
                                "releases: with the lock, and without.",
                       .claims = kClaims});
  lab.scene("lock", "What a lockfile remembers", lock);
  lab.scene("later", "Installed again, after new releases", later);
  lab.scene("machines", "One lockfile, two systems", machines);
  lab.scene("ci", "What npm ci refuses", ci);
  lab.scene("choices", "Which release is taken, and why", choices);
  return lab.run();
}
