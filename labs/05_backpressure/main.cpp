// Lab 05: backpressure
//
// Question  What is backpressure, and what do you do about it?
// Watch     The queue of a slow sink, first with its signal ignored, then obeyed.
// Run       ./lab run 5        ./lab run 5 --live
// Needs     libuv. The streams are those of lab 04; source and reader are the lab's own.

#include <csignal>

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab05;

int main(int argc, char** argv) {
  // Writing to a connection that was reset is an error to report, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "05",
       .name = "backpressure",
       .question = "What is backpressure, and what do you do about it?",
       .watch = "Watch the queue of the slow sink: first its signal is ignored, then "
                "obeyed.",
       .claims = kClaims});
  lab.scene("answers", "What write() returns", answers);
  lab.scene("rise", "A source outruns its sink", rise);
  lab.scene("cliff", "An endless source under a memory limit", cliff);
  lab.scene("ways", "Five ways to carry the same bytes", ways);
  lab.scene("failures", "One stage fails: pipe() or pipeline()?", failures);
  lab.scene("two-sinks", "One source, two sinks", two_sinks);
  lab.scene("kernel", "Backpressure across TCP", kernel);
  lab.live(live);
  lab.role("flood", flood);
  return lab.run();
}
