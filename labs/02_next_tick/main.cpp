// Lab 02: nextTick against setImmediate
//
// Question  How do nextTick and setImmediate differ?
// Watch     The tick runs before the loop may go on; the immediate is a part of the loop.
// Run       ./lab run 2        ./lab run 2 --scene starving --hold 1000
// Needs     libuv. Where `node` is, the modules' puzzle is played in it too.

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab02;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  lab::Program lab(argc, argv,
                   {.number = "02",
                    .name = "next_tick",
                    .question = "How do nextTick and setImmediate differ?",
                    .watch = "Watch two queues being emptied before the loop goes on."});
  const auto hold =
      lab.knob("hold", 300ms, 50ms, 5000ms, "ms",
               "how long a job of the scene `starving` queues itself again");

  lab.scene("before", "Before the loop", before);
  lab.scene("drain", "Between two callbacks", drain);
  lab.scene("outranks", "A tick and an immediate, side by side", outranks);
  lab.scene("starving", "A job that queues itself",
            [=](Story& story) { starving(story, hold); });
  lab.scene("check", "Where setImmediate belongs", check);
  lab.scene("modules", "The same program as .cjs and as .mjs", modules);
  lab.scene("late", "Why nextTick exists", late);
  lab.scene("puzzles", "The puzzles that Node plays too", puzzles);
  return lab.run();
}
