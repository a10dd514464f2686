// Lab 04: streams
//
// Question  What are streams, and which kinds are there?
// Watch     The memory of two children that copy one file: by chunks, and as a whole.
// Run       ./lab run 4        ./lab run 4 --scene copy --size 1024
// Needs     libuv, zlib. The streams are the lab's own (common/include/lab/stream).

#include <csignal>

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab04;

int main(int argc, char** argv) {
  // A write to a connection that was reset is an error to report, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  lab::Program lab(argc, argv,
                   {.number = "04",
                    .name = "streams",
                    .question = "What are streams, and which kinds are there?",
                    .watch = "Watch the memory of two children that copy one file: by "
                             "chunks, and as a whole."});
  const Knobs knobs{
      .size = lab.knob("size", 256, 32, 4096, "MiB", "of the file (at most 64, --quick)"),
      .chunk = lab.knob("chunk", 64 * kKiB, std::size_t{512}, kMiB, "bytes",
                        "what one read of the file asks for"),
  };

  lab.scene("copy", "A large file, by chunks and as a whole",
            [=](Story& story) { copy(story, knobs); });
  lab.scene("source", "A source", source);
  lab.scene("sink", "A destination", sink);
  lab.scene("duplex", "Two directions", two_ways);
  lab.scene("transform", "What goes in comes out changed", transform);
  lab.scene("objects", "Chunks that are no bytes", objects);
  lab.scene("text", "A character between two chunks", text);
  lab.scene("node", "Which event comes when; Node plays this too", node);
  lab.role("copier", copier);
  return lab.run();
}
