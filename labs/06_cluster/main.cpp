// Lab 06: the cluster module
//
// Question  How does cluster use all the cores?
// Watch     All workers are replaced under load, and not one request fails.
// Run       ./lab run 6        ./lab run 6 --scene rolling
// Needs     libuv.

#include "lab/program.hpp"
#include "scenes.hpp"
#include "worker.hpp"

using namespace lab06;

int main(int argc, char** argv) {
  lab::Program lab(
      argc, argv,
      {.number = "06",
       .name = "cluster",
       .question = "How does cluster use all the cores?",
       .watch = "All workers are replaced under load, and no request fails."});
  const Dials dials{.workers = lab.knob("workers", 2, 1, 16, "", "processes"),
                    .requests = lab.knob("requests", 40, 16, 10'000, "", "of a scene")};

  lab.scene("one-core", "One process, one core", one_core);
  lab.scene("port", "Several processes, one port",
            [=](Story& story) { one_port(story, dials); });
  lab.scene("distribution", "Who gets which connection",
            [=](Story& story) { distribution(story, dials); });
  lab.scene("killed", "A worker is killed", killed);
  lab.scene("crash-loop", "A worker that never lasts", crash_loop);
  lab.scene("rolling", "New workers for old", rolling);
  lab.scene("scaling", "What a second worker brings", scaling);
  lab.role("worker", worker_main);
  lab.role("doomed", doomed_main);
  return lab.run();
}
