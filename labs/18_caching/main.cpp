// Lab 18: caching
//
// Question  Where and how do you cache?
// Watch     50 callers miss the same key at once: the database gets 50 queries, or one.
// Run       ./lab run 18        ./lab run 18 --live
// Needs     Redis and PostgreSQL: the lab starts its own.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab18;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "18",
                       .name = "caching",
                       .question = "Where and how do you cache?",
                       .watch = "50 callers miss the same key at once. The database gets "
                                "50 queries, or one if they share the load.",
                       .claims = kClaims});
  lab.role("instance", instance_main);
  lab.scene("hits", "In the process, in Redis, or in the database", hits);
  lab.scene("restart", "The process restarts", restart);
  lab.scene("instances", "A second instance", instances);
  lab.scene("strategies", "Cache-aside and write-through", strategies);
  lab.scene("late-fill", "A fill that comes too late", late_fill);
  lab.scene("stampede", "Many callers miss the same key", stampede);
  lab.scene("etag", "HTTP: has it changed?", etag);
  lab.scene("max-age", "HTTP: do not even ask", max_age);
  lab.live(live);
  return lab.run();
}
