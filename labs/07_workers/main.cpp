// Lab 07: worker threads against processes
//
// Question  Worker threads or cluster: which, when?
// Watch     The loop's heart beats on while a worker computes, and stops if it computes.
// Run       ./lab run 7        ./lab run 7 --live
// Needs     libuv; two cores, or some scenes have little to show.

#include <thread>

#include "lab/program.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

using namespace lab07;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  lab::Program lab(argc, argv,
                   {.number = "07",
                    .name = "workers",
                    .question = "Worker threads or cluster: which, when?",
                    .watch = "The loop's heart beats on while a worker computes."});
  const Dials dials{
      .threads = lab.knob("threads", 2, 1, 16, "", "workers of the pool"),
      .queue = lab.knob("queue", 4, 1, 1000, "jobs", "that may wait for one"),
      .side = lab.knob("side", 512, 16, 4096, "pixels", "of the picture"),
      .job = lab.knob<milliseconds>("job", 200ms, 100ms, 5s, "ms",
                                    "what one blur takes, about")};
  const Load load{
      .where = lab.choice("where", {"loop", "pool", "process"}, 0, "live: jobs run on"),
      .rate = lab.knob("rate", 5, 0, 100, "/s", "live: jobs")};
  const auto scene = [&](const char* name, const char* title,
                         void (*play)(Story&, const Dials&)) {
    lab.scene(name, title, [=](Story& story) { play(story, dials); });
  };

  scene("identity", "Processes and threads", identity);
  lab.scene("memory", "Whose memory", memory);
  lab.scene("weight", "What a worker weighs", weight);
  lab.scene("crash", "One worker crashes", crash);
  lab.scene("counter", "Two threads, one number", counter);
  lab.scene("message", "Copied or shared", message);
  lab.scene("port", "Two workers, one port", port);
  scene("blur", "The heart of the loop", blurred);
  lab.scene("start-up", "What a worker costs to start", start_up);
  lab.scene("scaling", "What a second worker brings", scaling);
  scene("overload", "A full pool says no", overload);
  scene("cancel", "Taking a job back", cancelled);
  lab.scene("node", "The scenes that Node plays too", node);
  lab.live([=](Story& story) { live(story, dials, load); });
  lab.role("worker", worker_main);
  lab.role("crash", crash_main);
  return lab.run();
}
