// Lab 10: middleware
//
// Question  What is middleware?
// Watch     next() is a call: what stands after it runs on the way back.
// Run       ./lab run 10        ./lab run 10 --live
// Needs     Nothing. Requests are real HTTP to a server of this lab.

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab10;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  lab::Program lab(argc, argv,
                   {.number = "10",
                    .name = "middleware",
                    .question = "What is middleware?",
                    .watch = "next() is a call: what stands after it runs on the way "
                             "back."});
  const auto layers = lab.knob("layers", 5, 1, 50, "", "in the chain");
  const auto patience = lab.knob<milliseconds>("patience", 300ms, 100ms, 5s, "ms",
                                               "how long a client waits for a reply");
  const auto guest =
      lab.choice("guest", {"known", "unknown", "broken"}, 0, "live: who asks");
  const auto pace =
      lab.knob<milliseconds>("pace", 300ms, 10ms, 2s, "ms", "live: between requests");

  lab.scene("parts", "What a layer gets, and may do", parts);
  lab.scene("order", "In, and out again", [=](Story& story) { order(story, layers); });
  lab.scene("stop", "A layer that replies", [=](Story& story) { stop(story, layers); });
  lab.scene("roads", "One chain, many requests", roads);
  lab.scene("hang", "Neither a reply nor next()",
            [=](Story& story) { hang(story, patience); });
  lab.scene("twice", "next() twice", twice);
  lab.scene("errors", "Where errors go", [=](Story& story) { errors(story, patience); });
  lab.scene("onion", "Called, or awaited", onion);
  lab.scene("compiled", "Put together by the compiler", compiled);
  lab.live([=](Story& story) { live(story, layers, guest, pace); });
  return lab.run();
}
