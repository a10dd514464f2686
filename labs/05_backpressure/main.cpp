// Lab 05: backpressure
//
// Question  What is backpressure, and what do you do about it?
// Watch     The queue of the slow sink, once with its signal ignored, once obeyed.
// Run       ./lab run 5        ./lab run 5 --live
// Needs     libuv. The streams are those of lab 04; source and reader are the lab's own.

#include <csignal>

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab05;
using lab::Story;

int main(int argc, char** argv) {
  // A write to a connection that was reset is an error to report, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  lab::Program lab(argc, argv,
                   {.number = "05",
                    .name = "backpressure",
                    .question = "What is backpressure, and what do you do about it?",
                    .watch = "Watch the queue of the slow sink: its signal ignored, then "
                             "obeyed."});
  const Knobs knobs{
      .source_rate =
          lab.knob("source-rate", 256, 1, 4096, "MiB/s", "what the source makes"),
      .sink_rate = lab.knob("sink-rate", 32, 1, 4096, "MiB/s", "what the reader reads"),
      .high_water_mark = lab.knob("high-water-mark", 256 * kKiB, std::size_t{1}, 4 * kMiB,
                                  "bytes", "queue at which write() answers false"),
      .chunk = lab.knob("chunk", 64 * kKiB, kKiB, kMiB, "bytes", "size of one write()"),
      .memory = lab.knob("memory", 48, 16, 1024, "MiB", "what a flooded process may add"),
      .way = lab.choice("way", {"ignore", "hasty", "by-hand", "pipe", "pipeline"}, 3,
                        "what --live does with the answer of write()"),
  };

  lab.scene("answers", "What write() answers", answers);
  lab.scene("rise", "A source outruns its sink",
            [=](Story& story) { rise(story, knobs); });
  lab.scene("cliff", "A source without end, under a memory limit",
            [=](Story& story) { cliff(story, knobs); });
  lab.scene("ways", "Five ways to carry the same bytes",
            [=](Story& story) { ways(story, knobs); });
  lab.scene("failures", "A stage fails: pipe or pipeline?", failures);
  lab.scene("two-sinks", "One source, two sinks",
            [=](Story& story) { two_sinks(story, knobs); });
  lab.scene("kernel", "What TCP itself does",
            [=](Story& story) { kernel(story, knobs); });
  lab.scene("sweep", "How high should the mark be?", sweep);
  lab.live([=](Story& story) { live(story, knobs); });
  lab.role("flood", flood);
  return lab.run();
}
