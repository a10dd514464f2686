// live.cpp: files and sockets on one loop, while you hold threads of the pool.
#include <chrono>

#include "held_pool.hpp"
#include "lab/program.hpp"
#include "lab/run_dir.hpp"
#include "scenes.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

// Operations of one kind, so many a second.
struct Stream {
  const char* name;
  std::function<void(Done)> start;
  int under_way = 0;
  int done = 0;
  double owed = 0;  // starts that are due

  void tick(double per_tick) {
    for (owed += per_tick; owed >= 1; owed -= 1) {
      ++under_way;
      start([this](int) { --under_way, ++done; });
    }
  }
  void draw() {
    trace::counter("waiting", under_way, {.lane = name});
    trace::counter("done in 100 ms", std::exchange(done, 0), {.lane = name});
  }
};

// Burns this thread's CPU for a time.
void burn(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

// Step 9: turn `held` to 4 and watch: files pile up behind the pool, sockets go on.
void live(Story& story, const Load& load) {
  story.say("Turn held to 4: the files wait, the sockets do not. Then turn it back.");
  Loop loop;
  HeldPool pool(loop, lab::run_dir());
  Echo echo(loop);
  Stream files{"files", [&](Done done) { stat(loop, "/", std::move(done)); }};
  Stream sockets{"TCP", [&](Done done) { echo.ask(std::move(done)); }};
  Stream jobs{"jobs", [&](Done done) {
                job(
                    loop, [time = *load.job] { burn(time); }, std::move(done));
              }};
  constexpr auto kTick = 10ms;
  constexpr double kTicks = 1s / kTick;  // a second
  int ticks = 0;
  lab::uv::Timer tick(loop);
  tick.start(
      kTick,
      [&] {
        if (lab::Program::stopped()) return loop.stop();
        pool.hold(static_cast<std::size_t>(*load.held));
        files.tick(*load.files / kTicks);
        sockets.tick(*load.echoes / kTicks);
        jobs.tick(*load.jobs / kTicks);
        if (++ticks % 10 != 0) return;
        trace::counter("held", static_cast<double>(pool.held()), {.lane = "pool"});
        for (Stream* stream : {&files, &sockets, &jobs}) stream->draw();
      },
      kTick);
  loop.run();
  tick.stop();
  pool.hold(0);  // what is under way still knows its stream
  run_until(loop,
            [&] { return files.under_way + sockets.under_way + jobs.under_way == 0; });
}

}  // namespace lab03
