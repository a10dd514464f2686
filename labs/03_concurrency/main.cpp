// Lab 03: concurrency on one thread
//
// Question  One thread: how can it serve many at once?
// Watch     Hold the pool's four threads: files stop, sockets go on.
// Run       ./lab run 3        ./lab run 3 --live
// Needs     libuv; c-ares for the name that needs no thread.

#include <cstdlib>

#include "lab/program.hpp"
#include "meeting.hpp"
#include "scenes.hpp"

using namespace lab03;
using namespace std::chrono_literals;

namespace {

Load live_load(lab::Program& lab) {
  return {
      .held = lab.knob("held", 0, 0, 4, "", "live: threads of the pool that are held"),
      .files = lab.knob("files", 100, 0, 2000, "/s", "live: files asked for"),
      .echoes = lab.knob("echoes", 100, 0, 1000, "/s", "live: TCP connections"),
      .job = lab.knob<milliseconds>("job", 20ms, 1ms, 500ms, "ms",
                                    "live: CPU time of a job in the pool"),
      .jobs = lab.knob("job-rate", 0, 0, 200, "/s", "live: jobs"),
  };
}

}  // namespace

int main(int argc, char** argv) {
  setenv("UV_THREADPOOL_SIZE", "4", 1);  // the default, whatever the shell has set
  lab::Program lab(argc, argv,
                   {.number = "03",
                    .name = "concurrency",
                    .question = "One thread: how can it serve many at once?",
                    .watch = "Hold the pool's four threads: files stop, sockets go on."});
  const auto questions =
      lab.knob("questions", 500, 2, 10'000, "", "clients that ask at the same time");
  const auto jobs = lab.knob("jobs", 8, 1, 32, "", "that only compute, in `sizing`");
  const Load load = live_load(lab);

  lab.scene("meeting", "A server that waits for all",
            [=](Story& story) { meeting(story, questions); });
  lab.scene("calls", "A call that only leaves a note", calls);
  lab.scene("callbacks", "Ended is not yet called back", callbacks);
  lab.scene("size", "How many threads the pool has", size);
  lab.scene("held", "Who needs the pool", held);
  lab.scene("trips", "One call, four trips", trips);
  lab.scene("sizing", "How many threads it should have",
            [=](Story& story) { sizing(story, jobs); });
  lab.live([=](Story& story) { live(story, load); });
  lab.role("meeting", meeting_main);
  lab.role("pool", pool_main);
  lab.role("sizing", sizing_main);
  return lab.run();
}
