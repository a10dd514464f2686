// Lab 03: concurrency on one thread
//
// Question  One thread: how can it serve many at once?
// Watch     Hold the pool's four threads: files stop, sockets go on.
// Run       ./lab run 3        ./lab run 3 --live
// Needs     libuv; c-ares for the DNS query that needs no thread.

#include <cstdlib>

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/barrier.hpp"

using namespace lab03;

int main(int argc, char** argv) {
  setenv("UV_THREADPOOL_SIZE", "4", 1);  // the default, whatever the shell has set
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "03",
       .name = "concurrency",
       .question = "One thread: how can it serve many at once?",
       .watch = "Hold the pool's four threads: files stop, sockets go on.",
       .claims = kClaims});
  lab.scene("meeting", "A server that waits for everybody", meeting);
  lab.scene("calls", "A call that returns before its work is done", calls);
  lab.scene("callbacks", "Finished does not mean called back", callbacks);
  lab.scene("size", "How many threads the pool has", size);
  lab.scene("held", "Who needs the pool", held);
  lab.scene("trips", "One call, four trips to the pool", trips);
  lab.live(live);
  lab.role("barrier", barrier_main);
  lab.role("pool", pool_main);
  return lab.run();
}
