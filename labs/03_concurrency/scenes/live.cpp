// live.cpp: files and sockets on one loop, while you hold threads of the pool.
#include <utility>

#include "scenes/scenes.hpp"
#include "world/echo.hpp"
#include "world/held_pool.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

// Operations of one kind, started at a steady rate.
struct Load {
  const char* name;
  std::function<void(Done)> start;
  int under_way = 0;
  double due = 0;

  void tick(double per_tick) {
    for (due += per_tick; due >= 1; due -= 1) {
      ++under_way;
      start([this](int) { --under_way; });
    }
    trace::counter("waiting", under_way, {.lane = name});
  }
};

}  // namespace

// Step 9: turn `held` to 4 and watch: files pile up behind the pool, sockets go on.
void live(Story& story, const Knobs& knobs) {
  story.say("Turn held to 4: the files wait, the sockets do not. Then turn it back.");
  story.picture(lab::Picture::curves, {"files waiting", "TCP waiting", "pool held"});
  Loop loop;
  HeldPool pool(loop);
  Echo echo(loop);
  Load files{"files", [&](Done done) { stat(loop, "/", std::move(done)); }};
  Load sockets{"TCP", [&](Done done) { echo.ask(std::move(done)); }};
  constexpr auto kTick = 20ms;
  constexpr double kTicksPerSecond = 1s / kTick;
  lab::uv::Timer tick(loop);
  const auto on_tick = [&] {
    if (lab::Program::stopped()) return loop.stop();
    pool.hold(static_cast<std::size_t>(*knobs.held));
    trace::counter("held", static_cast<double>(pool.held()), {.lane = "pool"});
    files.tick(*knobs.files / kTicksPerSecond);
    sockets.tick(*knobs.echoes / kTicksPerSecond);
  };
  tick.start(kTick, on_tick, kTick);
  loop.run();
  tick.stop();
  pool.hold(0);  // the operations under way still refer to their load
  run_until(loop, [&] { return files.under_way + sockets.under_way == 0; });
}

}  // namespace lab03
