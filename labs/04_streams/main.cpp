// Lab 04: streams
//
// Question  What are streams, and which kinds are there?
// Watch     The memory of two children that copy one file: in chunks, and as a whole.
// Run       ./lab run 4        ./lab run 4 --scene copy --size 1024
// Needs     libuv, zlib. The streams are our own (common/include/lab/stream).

#include <csignal>

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab04;

int main(int argc, char** argv) {
  // A write to a connection that was reset is an error to report, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "04",
                       .name = "streams",
                       .question = "What are streams, and which kinds are there?",
                       .watch = "Watch the memory of two child processes that copy one "
                                "file: in chunks, and as a whole.",
                       .claims = kClaims});
  lab.scene("copy", "A large file, in chunks and as a whole", copy);
  lab.scene("source", "A source of data", source);
  lab.scene("sink", "A destination for data", sink);
  lab.scene("duplex", "Two directions", two_ways);
  lab.scene("transform", "What goes in comes out changed", transform);
  lab.scene("objects", "Chunks that are objects", objects);
  lab.scene("node", "Which event comes when; Node plays this too", node);
  lab.role("copier", copier);
  return lab.run();
}
