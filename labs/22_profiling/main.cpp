// Lab 22: profiling
//
// Question  How do you profile?
// Watch     A sampler finds the function that burns 80 % of the CPU, and does not see the
//           waiting that takes longer. Then four gauges name the illness of a service.
// Run       ./lab run 22        ./lab run 22 --scene doctor
// Needs     libuv. The profiler is this lab's own.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab22;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "22",
       .name = "profiling",
       .question = "How do you profile?",
       .watch = "A sampler finds the function that burns 80 % of the CPU, "
                "and does not see the waiting, which takes longer.",
       .claims = kClaims});
  lab.scene("split", "One function burns most of the CPU", split);
  lab.scene("threads", "One profile for each thread", threads);
  lab.scene("fix", "The same work before and after the fix", fix);
  lab.scene("waits", "The waiting that no CPU profile shows", waits);
  lab.scene("cost", "Sampling or instrumenting", cost);
  lab.scene("doctor", "Four gauges and five services", doctor);
  return lab.run();
}
